import type * as tf from '@tensorflow/tfjs';
import { hostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { MaskSet, maskSet } from '../../lib/pruning/mask';
import type { PrunableWeight } from '../../lib/pruning/prune';
import { classifiersOf } from '../../lib/pruning/targets';
import type { ModelState } from '../model-state';

const WEIGHTS = 'weights/';
const MASKS = 'masks/';

/** Copies of a state's weights of floats, those that are not trained too, by path. */
export function weightsIn(state: ModelState): Map<string, Float32Array> {
  const entries = Object.entries(state).filter(
    ([name, { data }]) => name.startsWith(WEIGHTS) && data instanceof Float32Array,
  );
  return new Map(
    entries.map(([name, { data }]) => [name.slice(WEIGHTS.length), data.slice() as Float32Array]),
  );
}

/** The hard masks of a state. */
export function masksIn(state: ModelState): MaskSet {
  const entries = Object.entries(state).filter(([name]) => name.startsWith(MASKS));
  return maskSet(entries.map(([name, { data }]) => [name.slice(MASKS.length), data as Uint8Array]));
}

/** A weight of a state, not copied. */
export function prunableIn(state: ModelState, path: string): PrunableWeight {
  const { data, shape } = state[WEIGHTS + path]!;
  return { data: data as Float32Array, shape };
}

/** A state with other weights, and with these masks. */
export function withValues(
  state: ModelState,
  weights: ReadonlyMap<string, Float32Array>,
  masks: MaskSet,
): ModelState {
  const shapeOf = (path: string) => state[WEIGHTS + path]!.shape;
  return {
    ...state,
    ...Object.fromEntries(
      [...weights].map(([path, data]) => [WEIGHTS + path, hostTensor(data, shapeOf(path))]),
    ),
    ...Object.fromEntries([...masks].map(([path, mask]) => [MASKS + path, hostTensor(mask, shapeOf(path))])),
  };
}

/** Paths of the classifier's weights. */
export function headsOf(model: tf.LayersModel): string[] {
  const heads = classifiersOf(model);
  return weightsOf(model).flatMap(({ path, layer }) => (heads.has(layer) ? [path] : []));
}
