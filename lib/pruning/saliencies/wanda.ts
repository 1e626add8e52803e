import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { needing, Saliency, score } from '../saliency';
import type { InputStatistic } from '../weight-statistics';
import { withinOutputs } from './within-outputs';

/** `Σ x²` of each input channel. */
export const squaredInputs: InputStatistic = {
  name: 'squared inputs',
  of: 'inputs',
  statistic: { of: (x, counts) => x.square().mul(counts).sum(0), join: 'sum' },
};

/** `|w| · ‖x‖`, x the values of the weight's input channel (the last axis but one) in all that was seen. */
const weightTimesInput: Saliency = needing(
  'weightTimesInput',
  ({ path, data, shape, stats }) => {
    const squares = stats(squaredInputs);
    const [channels, outputs] = shape.slice(-2) as [number, number];
    if (squares.length !== channels) throw otherChannels(path, shape, squares.length);
    const norms = squares.map(Math.sqrt);
    return score(data, (i) => Math.abs(data[i]!) * norms[Math.floor(i / outputs) % channels]!);
  },
  [squaredInputs],
);

/**
 * Wanda: `|w| · ‖x‖`, x the values of the weight's input channel in all that was seen, compared inside of each output, so that all outputs lose
 * the same share. For kernels of dense layers and convolutions, and needs a scoring pass, without labels and gradients.
 *
 * Sun et al., 2023 (arXiv:2306.11695).
 *
 * @example
 * const by = pruner({ schedule: oneShot({ finalSparsity: 0.5 }), saliency: wanda });
 * const callbacks = [pruning({ pruner: by, scoring: { data, batches: 8 } })];
 */
export const wanda: Saliency = configured(withinOutputs(weightTimesInput), 'wanda');

function otherChannels(path: string, shape: readonly number[], channels: number): UserError {
  return new UserError(
    `Expected a kernel [..., ${channels}, outputs] of as many input channels as the layer sees, got "${path}" of shape ` +
      `[${shape.join(', ')}]; leave it out of the targets.`,
  );
}
