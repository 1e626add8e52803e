import type * as tf from '@tensorflow/tfjs';
import { undoOnFailure } from '../../lib/core/conclude';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { answerDivergence } from '../../lib/structure/scores/answer-divergence';
import type { BatchSource } from '../../datasets/batch';
import { predictAll } from '../evaluate';
import type { InferenceOptions } from '../inference';
import type { Outcome } from './setup';

/** A smaller model, and how much smaller. */
export interface CutModel {
  /** The caller's. */
  readonly model: tf.LayersModel;
  /** The share of the cost that is gone. */
  readonly removed: number;
}

/** What is known of a cut beside its score. */
export type CutFacts = Required<Pick<Outcome, 'removed' | 'divergence'>>;

/**
 * Sees what a cut did to a model's answers.
 *
 * @param dev whose examples they are, without regard to the labels.
 * @returns what was cut, disposed where seeing fails.
 */
export async function seen(
  dense: tf.LayersModel,
  { model, removed }: CutModel,
  dev: BatchSource,
  options?: InferenceOptions,
): Promise<{ readonly model: tf.LayersModel; readonly facts: CutFacts }> {
  const divergence = await undoOnFailure(
    () => meanDivergence(dense, model, dev, options),
    () => model.dispose(),
  );
  return { model, facts: { removed, divergence } };
}

/** `answerDivergence` per example. */
async function meanDivergence(
  dense: tf.LayersModel,
  smaller: tf.LayersModel,
  dev: BatchSource,
  options?: InferenceOptions,
): Promise<number> {
  const { predictions: before } = await predictAll(dense, dev, options);
  const { predictions: after } = await predictAll(smaller, dev, options);
  return answerDivergence(bertConfigOf(dense).problem, before, after) / before.shape[0]!;
}
