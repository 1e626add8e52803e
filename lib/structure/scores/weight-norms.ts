import type * as tf from '@tensorflow/tfjs';
import { weightsOf } from '../../core/weights';
import { bertConfigOf } from '../../models/bert-config-of';
import { effectiveValues } from '../../pruning/model-masks';
import type { Slice, Unit } from '../../pruning/unit';
import { headUnit, neuronUnit } from '../cut';
import type { Importance } from '../importance';

/**
 * **Heads and neurons by the norm of their weights**, all that would be cut with them, biases included: `Σ |w|` for p = 1, `√Σ w²` for p = 2 (Li et
 * al., 2017, arXiv:1608.08710, of filters). Needs no data. Norms of heads and of neurons cannot be compared: choose them `apart`.
 *
 * @throws UserError for a model that was not built by `bert`.
 */
export function weightNorms(model: tf.LayersModel, p: 1 | 2): Importance {
  const { heads, intermediateSize, headSize } = bertConfigOf(model);
  const weights = new Map(
    weightsOf(model).map(({ path, variable }) => [
      path,
      { shape: variable.shape, values: effectiveValues(variable) },
    ]),
  );
  const norm = ({ slices }: Unit): number => {
    let total = 0;
    for (const slice of slices) {
      const { shape, values } = weights.get(slice.path)!;
      total += powersOf(values, shape, slice, p);
    }
    return p === 1 ? total : Math.sqrt(total);
  };
  const each = (counts: readonly number[], unitOf: (layer: number, unit: number) => Unit) =>
    counts.map((count, layer) => Array.from({ length: count }, (_, unit) => norm(unitOf(layer, unit))));
  return {
    heads: each(heads, (layer, head) => headUnit(layer, head, headSize)),
    neurons: each(intermediateSize, neuronUnit),
  };
}

/** `Σ |w|^p` of a slice. */
function powersOf(
  values: tf.TypedArray,
  shape: readonly number[],
  { axis, from, to }: Slice,
  p: 1 | 2,
): number {
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const row = shape[axis]! * inner;
  let total = 0;
  for (let at = 0; at < values.length; at += row) {
    for (let i = at + from * inner; i < at + to * inner; i++) total += Math.abs(values[i]!) ** p;
  }
  return total;
}
