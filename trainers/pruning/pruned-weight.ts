import type * as tf from '@tensorflow/tfjs';
import { hostOf } from '../../lib/core/host-tensor';
import type { Weight } from '../../lib/core/weights';
import { maskable, setMask } from '../../lib/pruning/model-masks';
import type { Parameter } from '../parameters';

/** A weight that is pruned: a parameter, or a weight that nobody trains. */
export type PrunedWeight = Pick<Parameter, 'path' | 'variable' | 'weights' | 'setMask'>;

/** A weight of a model that is not trained, to be pruned. */
export function frozenWeight(model: tf.LayersModel, weight: Weight): PrunedWeight {
  const { path, variable } = weight;
  return {
    path,
    variable,
    get weights() {
      return hostOf(variable).data as Float32Array;
    },
    setMask: (mask, kind) => setMask(maskable(model, weight), mask, kind),
  };
}
