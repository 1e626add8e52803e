import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { bertConfigOf } from '../../models/bert-config-of';
import { bertGates } from '../gates';
import { Importance, onlyHeads, UnlabelledBatches } from '../importance';
import { answerDivergence } from './answer-divergence';
import { leavingOut } from './leaving-out';

/**
 * **Heads left out one at a time** (Michel et al., 2019, arXiv:1905.10650, section 3.2): how far the answers are from the whole model's without each
 * head, `answerDivergence` per example. What gradients estimate, at the price of a pass over the data for each head; without labels.
 *
 * @throws UserError for a model that was not built by `bert`, and without data.
 */
export async function headsLeftOut(model: tf.LayersModel, batches: UnlabelledBatches): Promise<Importance> {
  const { heads, problem } = bertConfigOf(model);
  if (batches.length === 0) throw new UserError('Expected at least one batch to score by, got none.');
  const { gates, importance } = bertGates(model, onlyHeads);
  const total = heads.reduce((sum, count) => sum + count, 0);
  if (total === 0) return importance([]);
  const answers = leavingOut(model, gates);
  try {
    const scores = new Float64Array(total);
    let examples = 0;
    for (const xs of batches) {
      const whole = await answers(xs);
      examples += xs[0]!.shape[0]!;
      for (let head = 0; head < total; head++) {
        scores[head]! += answerDivergence(problem, whole, await answers(xs, head));
      }
    }
    const found = scores.map((score) => score / examples);
    let at = 0;
    return importance(gates.map(({ units }) => found.subarray(at, (at += units))));
  } finally {
    await answers.dispose();
  }
}
