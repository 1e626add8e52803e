import * as tf from '@tensorflow/tfjs';
import { kindIn } from '../../lib/pruning/mask';
import { masksOfWeights } from '../../lib/pruning/model-masks';
import type { Training } from '../callback';
import type { PrunedWeight } from './pruned-weight';

/** Copies weights and masks; returns how to put them back. */
export function remember({ parameters }: Training, targets: readonly PrunedWeight[]): () => void {
  const masks = masksOfWeights(targets);
  const before = targets.map((target) => [target, target.weights.slice()] as const);
  return () => {
    for (const [target, weights] of before) {
      target.setMask(masks.get(target.path), kindIn(masks, target.path));
      tf.tidy(() => target.variable.assign(tf.tensor(weights, target.variable.shape)));
    }
    parameters.rebind();
  };
}
