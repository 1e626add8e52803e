import { UserError } from '../core/errors';
import { HostTensor, hostTensor } from '../core/host-tensor';
import { quoted } from '../core/printable';
import { countDifferent, countKept, isBinary } from './mask-words';

/**
 * What a mask does to a weight:
 *
 * - `hard`: pruned weights are exactly 0, and so are their moments, after every step of the optimizer.
 * - `latent`: the optimizer trains all of the weight (the latent weight); layers compute with `mask · w` (the effective weight), and the
 *   gradient goes through to `w` as if it were that. So what is pruned may come back with the value that it has by then.
 */
export type MaskKind = 'hard' | 'latent';

/**
 * Masks by weight path, one byte per weight: 1 = keep, 0 = pruned.
 *
 * Hard masks are not multiplied into the model's graph, they are enforced in memory: setting one makes the pruned weights exactly
 * 0, and the optimizer leaves pruned weights and their moments at exactly 0 after every step. So `w = mask · w` holds at every
 * forward pass already, and the gradient of a pruned weight goes nowhere. A product would cost a pass over all weights and
 * change nothing.
 */
export interface MaskSet extends ReadonlyMap<string, Uint8Array> {
  /** Paths of the masks that are latent, where there are any; the others are hard. */
  readonly latent?: ReadonlySet<string>;
}

/** The kind of a mask of a set. */
export function kindIn({ latent }: MaskSet, path: string): MaskKind {
  return latent?.has(path) ? 'latent' : 'hard';
}

/**
 * Collects masks into a set.
 *
 * @param latent paths of those that are latent. Default none.
 * @throws UserError for an empty path, or a value other than 0 and 1.
 */
export function maskSet(
  entries: Iterable<readonly [path: string, mask: Uint8Array]>,
  latent: Iterable<string> = [],
): MaskSet {
  const masks = new Map(entries);
  for (const [path, mask] of masks) {
    if (path === '') throw new UserError('Expected a weight path for every mask, got an empty one.');
    if (isBinary(mask)) continue;
    const stray = mask.find((value) => value > 1);
    throw new UserError(`Expected 0 or 1 in the mask of ${quoted(path)}, got ${stray}.`);
  }
  const paths = new Set(latent);
  return paths.size > 0 ? Object.assign(masks, { latent: paths }) : masks;
}

/** Number of zeros of a mask. */
export function countPruned(mask: Uint8Array): number {
  return mask.length - countKept(mask);
}

/** Fraction of all masked weights that is pruned, counted; 0 for an empty set. */
export function sparsityOf(masks: MaskSet): number {
  let [pruned, total] = [0, 0];
  for (const mask of masks.values()) {
    pruned += countPruned(mask);
    total += mask.length;
  }
  return total === 0 ? 0 : pruned / total;
}

/** Number of weights whose mask differs; a path that one set lacks counts as kept there. */
export function countFlips(before: MaskSet, after: MaskSet): number {
  let flips = 0;
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(path), after.get(path)];
    flips += a && b ? countDifferent(a, b) : countPruned((a ?? b)!);
  }
  return flips;
}

/** @throws UserError for what are no masks, and for masks of one path that are of different lengths. */
export function expectComparable(first: MaskSet, second: MaskSet): void {
  [first, second].forEach((masks) => maskSet(masks));
  for (const [path, { length }] of first) {
    const other = second.get(path)?.length ?? length;
    if (other === length) continue;
    throw new UserError(
      `Expected masks of the same weights, got ${length} and ${other} values for "${path}"; are they of models of different sizes?`,
    );
  }
}

/** The masks as tensors, to be saved: dtype bool, flat, not copied. */
export function masksToTensors(masks: MaskSet): Map<string, HostTensor> {
  return new Map([...masks].map(([path, mask]) => [path, hostTensor(mask, [mask.length])]));
}

/**
 * The inverse of `masksToTensors`.
 *
 * @throws UserError for a tensor that is no mask.
 */
export function masksFromTensors(tensors: ReadonlyMap<string, HostTensor>): MaskSet {
  return maskSet(
    [...tensors].map(([path, { data, dtype }]) => {
      if (data instanceof Uint8Array) return [path, data];
      throw new UserError(`Expected a mask of dtype bool for "${path}", got ${dtype}.`);
    }),
  );
}
