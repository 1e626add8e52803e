import * as tf from '@tensorflow/tfjs';
import { gated } from '../../analysis/gate-gradients';
import { UserError } from '../../core/errors';
import { HostTensor, hostTensor } from '../../core/host-tensor';
import { forward } from '../../forward/forward';
import { bertConfigOf } from '../../models/bert-config-of';
import { bertGates } from '../gates';
import { Importance, onlyHeads } from '../importance';
import type { UnlabelledBatches } from '../logit-fisher';
import { answerDivergence } from './answer-divergence';
import { passesOf } from './passes';

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
  const passes = passesOf(model, (multipliers, ...xs) => {
    const counts = gates.map(({ units }) => units);
    const each = tf.split(multipliers!.tile([xs[0]!.shape[0]!, 1]), counts, 1);
    return [gated(gates, each, () => forward(model, xs, false))];
  });
  const without = (head: number | undefined): HostTensor =>
    hostTensor(
      Float32Array.from({ length: total }, (_, i) => (i === head ? 0 : 1)),
      [1, total],
    );
  try {
    const scores = new Float64Array(total);
    let examples = 0;
    for (const xs of batches) {
      const [whole] = await passes([without(undefined), ...xs]);
      examples += xs[0]!.shape[0]!;
      for (let head = 0; head < total; head++) {
        const [answers] = await passes([without(head), ...xs]);
        scores[head]! += answerDivergence(problem, whole!, answers!);
      }
    }
    const found = scores.map((score) => score / examples);
    let at = 0;
    return importance(gates.map(({ units }) => found.subarray(at, (at += units))));
  } finally {
    await passes.dispose();
  }
}
