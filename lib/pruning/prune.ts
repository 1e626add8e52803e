import { UserError } from '../core/errors';
import { sizeOf } from '../core/host-tensor';
import { Distribution, heldUnits, uniformDistribution } from './distribution';
import { MaskKind, MaskSet, maskSet } from './mask';
import { growOnly, MaskRule } from './mask-rule';
import { Pattern, unstructured } from './pattern';
import { magnitude, Saliency } from './saliency';
import { Stats, statsOf } from './weight-statistics';

/** A weight in host memory. */
export interface PrunableWeight {
  /** Row-major. Not written to: the masks are returned. */
  readonly data: Float32Array;
  /** The product is `data.length`. */
  readonly shape: readonly number[];
  /** What the saliency needs, gathered. Default nothing. */
  readonly stats?: Stats;
}

/** What is worth keeping, how much of each weight goes, and in which shape. */
export interface PruneOptions {
  /** Default `magnitude`. */
  readonly saliency?: Saliency;
  /** Default `uniformDistribution()`. */
  readonly distribution?: Distribution;
  /** Default `unstructured`. */
  readonly pattern?: Pattern;
  /** What becomes of weights that are pruned already. Default `growOnly`: they stay pruned, even if that is more than asked for. */
  readonly rule?: MaskRule;
  /** What the masks do to the weights. Default `hard`; under `latent` ones they are trained on, and may come back as they are then. */
  readonly maskKind?: MaskKind;
}

/**
 * Masks that bring weights to a sparsity: everything is scored anew, pooled into units, and the lowest go.
 *
 * @param sparsity fraction in [0, 1) of all the units of the weights given; the number pruned is `round(sparsity · n)`.
 * @param masks the masks so far; empty for a dense model.
 * @throws UserError for a sparsity that the pattern cannot have, masks of another length, scores that are no numbers, statistics that are not there, and counts of a
 *   distribution that do not fit.
 *
 * @example
 * const masks = prune(0.5, new Map([['dense/kernel', { data, shape: [2, 2] }]]), new Map());
 */
export function prune(
  sparsity: number,
  weights: ReadonlyMap<string, PrunableWeight>,
  masks: MaskSet,
  options: PruneOptions = {},
): MaskSet {
  const { distribution = uniformDistribution(), pattern = unstructured, maskKind = 'hard' } = options;
  expectReachable(sparsity, pattern);
  const candidates = [...weights].map(([path, weight]) =>
    candidateOf(path, weight, maskOf(masks, path, weight), options),
  );
  const counts = distribution(
    candidates.map(({ path, shape, units }) => ({ path, shape, scores: units })),
    sparsity,
  );
  expectCounts(counts, candidates);
  return maskSet(
    candidates.map((candidate, i) => [candidate.path, masked(candidate, counts[i]!, pattern)]),
    maskKind === 'latent' ? weights.keys() : [],
  );
}

/**
 * Makes masks for weights of these shapes, of which nothing is known yet, to see whether that can be done.
 *
 * @throws UserError as `prune` does for what does not depend on the weights' values: shapes that the pattern cannot divide, rules that match
 *   nothing, sparsities that a distribution cannot share out.
 */
export function expectPrunable(
  sparsity: number,
  shapes: ReadonlyMap<string, readonly number[]>,
  options: PruneOptions,
): void {
  const weights = [...shapes].map(([path, shape]): [string, PrunableWeight] => [
    path,
    { data: new Float32Array(sizeOf(shape)), shape },
  ]);
  prune(sparsity, new Map(weights), new Map(), { ...options, saliency: magnitude });
}

/** @throws UserError for a sparsity that is none, and one that a pattern cannot have. */
export function expectReachable(sparsity: number, { maxSparsity = 1 }: Pattern): void {
  if (!(sparsity >= 0 && sparsity < 1)) {
    throw new UserError(`Expected a sparsity of at least 0 and below 1, got ${sparsity}.`);
  }
  if (sparsity <= maxSparsity) return;
  throw new UserError(
    `Expected a sparsity of at most ${maxSparsity}, which is all that the pattern can prune, got ${sparsity}.`,
  );
}

/** A weight that may lose units. */
interface Candidate {
  readonly path: string;
  readonly shape: readonly number[];
  /** Of each of its values; −Infinity where it stays pruned. */
  readonly scores: Float32Array;
  /** Of each unit; −Infinity where it stays pruned. */
  readonly units: Float32Array;
  /** Whether anything is pruned already, and so may stay pruned. */
  readonly isMasked: boolean;
}

function candidateOf(
  path: string,
  weight: PrunableWeight,
  mask: Uint8Array | undefined,
  { saliency = magnitude, pattern = unstructured, rule = growOnly }: PruneOptions,
): Candidate {
  const { shape, data, stats = statsOf(path, new Map()) } = weight;
  const own = saliency({ path, shape, data, stats });
  expectScores(path, own, weight);
  const scores = mask ? rule(own, mask) : own;
  const units = pattern.pool(scores, shape);
  if (units.length !== pattern.units(shape)) {
    throw new UserError(
      `Expected the pattern to pool the scores of "${path}" into its ${pattern.units(shape)} units, got ${units.length}.`,
    );
  }
  return { path, shape, scores, units, isMasked: mask !== undefined };
}

/** The mask with so many units pruned, and all that stays pruned. */
function masked({ scores, units, shape, isMasked }: Candidate, count: number, pattern: Pattern): Uint8Array {
  if (!isMasked) return pattern.mask(units, count, shape);
  const held = heldUnits(units);
  const mask = pattern.mask(units, Math.max(count, held), shape);
  if (held === 0 && scores === units) return mask;
  for (let i = 0; i < mask.length; i++) mask[i]! &= Number(scores[i] !== -Infinity);
  return mask;
}

function expectScores(path: string, scores: Float32Array, { data }: PrunableWeight): void {
  if (scores.length !== data.length) {
    throw new UserError(
      `Expected ${data.length} scores of "${path}" from the saliency, got ${scores.length}.`,
    );
  }
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! > -Infinity) continue;
    throw new UserError(
      `Expected scores above -Infinity from the saliency, got ${scores[i]} for value ${i} of "${path}"; is a weight or a gradient not finite?`,
    );
  }
}

function expectCounts(counts: readonly number[], candidates: readonly Candidate[]): void {
  if (counts.length !== candidates.length) {
    throw new UserError(
      `Expected counts of ${candidates.length} weights from the distribution, got ${counts.length}.`,
    );
  }
  candidates.forEach(({ path, units }, i) => {
    const count = counts[i]!;
    if (Number.isInteger(count) && count >= 0 && count <= units.length) return;
    throw new UserError(
      `Expected a whole number of the ${units.length} units of "${path}" from the distribution, got ${count}.`,
    );
  });
}

function maskOf(masks: MaskSet, path: string, { data, shape }: PrunableWeight): Uint8Array | undefined {
  if (sizeOf(shape) !== data.length) {
    throw new UserError(
      `Expected ${sizeOf(shape)} values of "${path}", of shape [${shape.join(', ')}], got ${data.length}.`,
    );
  }
  const mask = masks.get(path);
  if (mask && mask.length !== data.length) {
    throw new UserError(`Expected ${data.length} values in the mask of "${path}", got ${mask.length}.`);
  }
  return mask;
}
