import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import type { HostTensor } from '../../core/host-tensor';
import { forward } from '../../forward/forward';
import { bertConfigOf } from '../../models/bert-config-of';
import { answerDivergence } from '../scores/answer-divergence';
import { passesOf } from '../scores/passes';
import { shrink } from '../shrink';
import type { UnlabelledBatches } from '../importance';

/**
 * **Layers left out one at a time**: how far the answers of the model without each layer are from the whole model's, `answerDivergence` per example.
 * Without labels, at the price of a pass over the data for each layer.
 *
 * @returns a number of each layer, 0 for one without which the answers are the same.
 * @throws UserError for a model that was not built by `bert` or has one layer only, and without data.
 */
export async function layersLeftOut(model: tf.LayersModel, batches: UnlabelledBatches): Promise<number[]> {
  const { layers, problem } = bertConfigOf(model);
  if (batches.length === 0) throw new UserError('Expected at least one batch to score by, got none.');
  const whole = await answersOf(model, batches);
  const examples = whole.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const scores: number[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const smaller = shrink(model, { layers: [layer] });
    try {
      const answers = await answersOf(smaller, batches);
      const far = answers.map((each, i) => answerDivergence(problem, whole[i]!, each));
      scores.push(far.reduce((sum, each) => sum + each, 0) / examples);
    } finally {
      smaller.dispose();
    }
  }
  return scores;
}

async function answersOf(model: tf.LayersModel, batches: UnlabelledBatches): Promise<HostTensor[]> {
  const passes = passesOf(model, (...xs) => [forward(model, xs, false)]);
  try {
    const answers: HostTensor[] = [];
    for (const xs of batches) answers.push(...(await passes(xs)));
    return answers;
  } finally {
    await passes.dispose();
  }
}
