import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { weightFacts } from '../core/facts-of';
import { Weight, weightsOf } from '../core/weights';
import type { PruneOptions } from './prune';

/** Whether something of it takes the last axis of a weight for its outputs. */
export const readsOutputs = ({ pattern, saliency }: Pick<PruneOptions, 'pattern' | 'saliency'>): boolean =>
  (pattern?.outputsLast ?? false) || (saliency?.outputsLast ?? false);

/**
 * For patterns and saliencies that take the last axis of a weight for its outputs.
 *
 * @param paths of the weights that are to be pruned.
 * @throws UserError for a kernel whose outputs are another axis, as those of transposed convolutions are.
 */
export function expectOutputsLast(model: tf.LayersModel, paths: readonly string[]): void {
  const other = weightsOf(model).find((weight) => paths.includes(weight.path) && hasOutputsElsewhere(weight));
  if (!other) return;
  throw new UserError(
    `Expected kernels whose last axis is that of their outputs, got "${other.path}" of shape [${other.variable.shape.join(', ')}], whose is another; ` +
      'leave it out of the targets, or prune single weights by themselves.',
  );
}

function hasOutputsElsewhere(weight: Weight): boolean {
  const facts = weightFacts(weight);
  return 'channels' in facts && facts.role !== 'table' && facts.channels.join() !== `${weight.rank - 1}`;
}
