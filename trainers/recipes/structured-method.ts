import type * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../datasets/batch';
import type { LatencyOptions } from '../../lib/analysis/latency';
import type { Config } from '../../lib/core/config';
import type { Importance, Scores } from '../../lib/structure/importance';
import { logitFisher } from '../../lib/structure/logit-fisher';
import type { ShrinkingOptions } from '../../lib/structure/shrink-to-budget';
import type { UnitCosts } from '../../lib/structure/unit-costs';
import type { Loss } from '../losses';

/** What units are scored by: the first examples of training, with the loss of the setup. */
export interface Scoring {
  /** With labels, in the order of the training. */
  readonly batches: readonly Batch[];
  /** The setup's. */
  readonly loss: Loss;
}

/** A function of a model that says how it was made, so that another one's rows are not taken for its. */
export interface Asked<T> {
  (model: tf.LayersModel, scoring: Scoring): T | Promise<T>;
  /** How it was made; without it a digest of its source stands for it. */
  readonly config?: Config;
}

/** A way to make a model smaller. */
export interface StructuredMethod extends Pick<ShrinkingOptions, 'perLayer' | 'apart'> {
  /** Of its rows: `structured` for `structured-40`. */
  readonly name: string;
  /** How important heads and neurons are; those without a score stay. Default `logitFisher`. */
  readonly importance?: Asked<Importance>;
  /** Cuts whole layers instead, the least important. */
  readonly layers?: Asked<Scores>;
  /** What shares are of; multiply-adds by default. */
  readonly costs?: Asked<UnitCosts>;
  /** Shares are of the latency of the model's file instead, measured so, on the first development batch. Heads and neurons only. */
  readonly latency?: LatencyOptions;
}

/** By `logitFisher` unless it says otherwise. */
export const importanceOf = ({ importance = fisher }: StructuredMethod): Asked<Importance> => importance;

const fisher: Asked<Importance> = (model, { batches }) =>
  logitFisher(
    model,
    batches.map(({ xs }) => xs),
  );

/** A method that asks once: where the same model is asked about for each share. */
export function askedOnce(method: StructuredMethod): StructuredMethod {
  const { layers, costs } = method;
  return {
    ...method,
    importance: once(importanceOf(method)),
    layers: layers && once(layers),
    costs: costs && once(costs),
  };
}

function once<T>(ask: Asked<T>): Asked<T> {
  let found: T | Promise<T> | undefined;
  return (model, scoring) => (found ??= ask(model, scoring));
}
