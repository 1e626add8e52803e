import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { weightsOf } from '../core/weights';
import { bertConfigOf } from '../models/bert-config-of';
import { maskSet } from '../pruning/mask';
import { masksOf, setMasks } from '../pruning/model-masks';
import type { Slice, Unit } from '../pruning/unit';
import { Cut, resolveCut, unitsOf } from './cut';

/**
 * Masks all weights of heads and neurons, beside what is masked already: they are exactly 0 from now on, in every training, until `shrink(model)`
 * cuts them out.
 *
 * @throws UserError for a model that was not built by `bert`, a cut that does not fit it, and for whole layers, which no mask takes away.
 *
 * @example maskUnits(model, { heads: [[0], []] });
 */
export function maskUnits(model: tf.LayersModel, cut: Omit<Cut, 'layers'>): void {
  const config = bertConfigOf(model);
  const resolved = resolveCut(cut, config);
  if (resolved.layers.length > 0) {
    throw new UserError(
      `Expected heads and neurons to mask, got layer ${resolved.layers.join(', ')} as a whole: its norms and residual stay; shrink(model, cut) cuts it out.`,
    );
  }
  const units = unitsOf(resolved, config.headSize);
  const slices = byPath(units);
  const before = masksOf(model);
  const weights = weightsOf(model).filter(({ path }) => slices.has(path));
  const masks = weights.map(({ path, variable: { shape, size } }) => {
    const mask = before.get(path)?.slice() ?? new Uint8Array(size).fill(1);
    slices.get(path)!.forEach((slice) => clear(mask, shape, slice));
    return [path, mask] as const;
  });
  setMasks(
    model,
    maskSet(
      masks,
      [...(before.latent ?? [])].filter((path) => slices.has(path)),
    ),
  );
}

function byPath(units: readonly Unit[]): Map<string, Slice[]> {
  const found = new Map<string, Slice[]>();
  for (const slice of units.flatMap((unit) => unit.slices)) {
    const known = found.get(slice.path);
    if (known) known.push(slice);
    else found.set(slice.path, [slice]);
  }
  return found;
}

/** Makes the numbers of a slice 0. */
function clear(mask: Uint8Array, shape: readonly number[], { axis, from, to }: Slice): void {
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const row = shape[axis]! * inner;
  for (let at = 0; at < mask.length; at += row) mask.fill(0, at + from * inner, at + to * inner);
}
