import { countPruned, expectComparable, MaskSet } from './mask';

/** What two masks have in common of what they keep, beside what chance gives. */
export interface Overlap {
  /** Values that the masks are of. */
  readonly values: number;
  /** Values that each of them keeps. */
  readonly kept: readonly [first: number, second: number];
  /** Values that both keep. */
  readonly both: number;
  /** So many are kept by both on average if each keeps as many in every layer, but anywhere: `Σ kept₁ · kept₂ / values`, over the layers. */
  readonly bothByChance: number;
  /** `both / (kept₁ + kept₂ − both)`, of what either keeps: from 0 to 1, which is the same mask; 1 where neither keeps anything. */
  readonly jaccard: number;
  /** The same of `bothByChance`. */
  readonly jaccardByChance: number;
}

/** Overlap of the masks of a weight. */
export interface LayerOverlap extends Overlap {
  /** As `weightsOf` names it. */
  readonly path: string;
}

/** Overlaps of each weight's masks, and of all. */
export interface MaskOverlap extends Overlap {
  /** One of each weight that either set has a mask of. */
  readonly layers: readonly LayerOverlap[];
}

/**
 * What two tickets have in common: of two seeds, of two tasks, of two levels. Masks of high sparsity have little in common by chance, those of
 * low sparsity much, so that each number stands beside what chance gives for as many zeros in every layer. A path that one set lacks counts as
 * kept there.
 *
 * Chen et al., 2020 (arXiv:2007.12223), without their chance.
 *
 * @throws UserError for masks of another length.
 *
 * @example
 * const { jaccard, jaccardByChance } = maskOverlap(readTicket('first/seed-0/ticket-3'), readTicket('second/seed-0/ticket-3'));
 */
export function maskOverlap(first: MaskSet, second: MaskSet): MaskOverlap {
  expectComparable(first, second);
  const paths = [...new Set([...first.keys(), ...second.keys()])];
  const layers = paths.map((path) => ({ path, ...overlapOf(first.get(path), second.get(path)) }));
  return { ...total(layers), layers };
}

type Counts = Omit<Overlap, 'jaccard' | 'jaccardByChance'>;

function overlapOf(one: Uint8Array | undefined, other: Uint8Array | undefined): Overlap {
  const values = (one ?? other)!.length;
  const kept = [one, other].map((mask) => values - (mask ? countPruned(mask) : 0)) as [number, number];
  const both = one && other ? countBoth(one, other) : Math.min(...kept); // one of them keeps everything
  return withShares({ values, kept, both, bothByChance: (kept[0] * kept[1]) / values });
}

function countBoth(one: Uint8Array, other: Uint8Array): number {
  let both = 0;
  for (let i = 0; i < one.length; i++) both += one[i]! & other[i]!;
  return both;
}

function total(layers: readonly Counts[]): Overlap {
  const sum = (of: (layer: Counts) => number) => layers.reduce((all, layer) => all + of(layer), 0);
  return withShares({
    values: sum(({ values }) => values),
    kept: [sum(({ kept }) => kept[0]), sum(({ kept }) => kept[1])],
    both: sum(({ both }) => both),
    bothByChance: sum(({ bothByChance }) => bothByChance),
  });
}

function withShares(counts: Counts): Overlap {
  const { kept, both, bothByChance } = counts;
  const share = (common: number) => (kept[0] + kept[1] === 0 ? 1 : common / (kept[0] + kept[1] - common));
  return { ...counts, jaccard: share(both), jaccardByChance: share(bothByChance) };
}
