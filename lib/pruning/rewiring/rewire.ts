import { UserError } from '../../core/errors';
import { unstructured } from '../pattern';

/** A weight whose zeros move, row-major. */
export interface RewiredWeight {
  /** For error messages. */
  readonly path: string;
  /** Not written to. */
  readonly data: Float32Array;
  /** 1 = keep. */
  readonly mask: Uint8Array;
}

/**
 * Moves zeros within a weight: of those kept, the `count` of smallest `|w|` go, and then as many come back, those of the highest growth scores
 * among all that are pruned by then. What has just gone may come back, and then never was away. The number of zeros stays, exactly; of equal
 * magnitudes the ones that come first are kept, of equal growth scores the ones that come first grow.
 *
 * Evci et al., 2020 (arXiv:1911.11134), algorithm 1.
 *
 * @param growth of each value, larger comes first; those that are kept are not looked at.
 * @param count how many, at most as many as are kept; fewer come back anew where fewer are pruned.
 * @returns the new mask.
 * @throws UserError for a weight or a growth score that is no number.
 */
export function rewire({ path, data, mask }: RewiredWeight, growth: Float32Array, count: number): Uint8Array {
  const size = mask.length;
  const pruned = size - sum(mask);
  const magnitudes = filled(size, (i) => (mask[i] === 0 ? -Infinity : Math.abs(data[i]!)));
  const left = unstructured.mask(magnitudes, pruned + count, [size]);
  const scores = filled(size, (i) => (left[i] === 1 ? Infinity : growth[i]!));
  expectNumbers(path, magnitudes, 'weight');
  expectNumbers(path, scores, 'growth score');
  return unstructured.mask(scores, pruned, [size]);
}

function sum(mask: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < mask.length; i++) total += mask[i]!;
  return total;
}

function filled(size: number, at: (index: number) => number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = at(i);
  return values;
}

function expectNumbers(path: string, values: Float32Array, what: string): void {
  const wrong = values.findIndex(Number.isNaN);
  if (wrong < 0) return;
  throw new UserError(
    `Expected numbers to move zeros of "${path}" by, got a ${what} of NaN at value ${wrong}; try a smaller learning rate.`,
  );
}
