import type { Kernels } from './instance';
import { placeOf, type Place } from './memory';

/** What AdamW updates; all arrays in one memory, all of one length. */
export interface AdamWArrays {
  readonly weights: Float32Array;
  /** Moving average of the gradient. */
  readonly m: Float32Array;
  /** Moving average of the squared gradient. */
  readonly v: Float32Array;
  /** Not changed. */
  readonly gradient: Float32Array;
  /** 1 = keep; where 0, weights and moments become exactly 0. */
  readonly mask?: Uint8Array;
}

export interface AdamWScalars {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: the weights shrink by `learningRate · weightDecay`. */
  readonly weightDecay: number;
  /** The gradient is multiplied by this first: 1 / accumulated micro-steps, times the clipping factor. */
  readonly gradientScale: number;
  /** Number of this update, from 1: for the bias correction. */
  readonly step: number;
}

/**
 * One AdamW update (Loshchilov & Hutter 2019) in one pass over memory, equal to PyTorch's `torch.optim.AdamW`:
 * with g = gradientScale · gradient,
 *
 *     w = w − learningRate · weightDecay · w
 *     m = beta1 · m + (1 − beta1) · g,   v = beta2 · v + (1 − beta2) · g²
 *     w = w − learningRate · m/(1 − beta1^step) / (√(v/(1 − beta2^step)) + epsilon)
 *
 * A NaN in the gradient makes its weight NaN, unless the mask drops it.
 */
export function adamw(arrays: AdamWArrays, scalars: AdamWScalars): void {
  const { weights, m, v, gradient, mask } = arrays;
  const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, step } = scalars;
  const { kernels } = together('adamw', weights, m, v, gradient, mask);
  const corrections = [1 - beta1 ** step, 1 - beta2 ** step] as const;
  masked(kernels, [weights, m, v], mask, (start, n) =>
    kernels.adamw(
      weights.byteOffset + 4 * start,
      m.byteOffset + 4 * start,
      v.byteOffset + 4 * start,
      gradient.byteOffset + 4 * start,
      n,
      learningRate,
      beta1,
      beta2,
      epsilon,
      weightDecay,
      gradientScale,
      ...corrections,
    ),
  );
}

/** What SGD updates; all arrays in one memory, all of one length. */
export interface SgdArrays {
  readonly weights: Float32Array;
  readonly velocity: Float32Array;
  /** Not changed. */
  readonly gradient: Float32Array;
  /** 1 = keep; where 0, weights and velocity become exactly 0. */
  readonly mask?: Uint8Array;
}

export interface SgdScalars {
  readonly learningRate: number;
  readonly momentum: number;
  /** Added to the gradient as `weightDecay · w`, as in PyTorch. */
  readonly weightDecay: number;
  /** The gradient is multiplied by this first: 1 / accumulated micro-steps, times the clipping factor. */
  readonly gradientScale: number;
  /** Look ahead by one step of momentum; false by default. */
  readonly nesterov?: boolean;
}

/**
 * One step of gradient descent with momentum in one pass over memory, equal to PyTorch's `torch.optim.SGD` without
 * dampening: with g = gradientScale · gradient + weightDecay · w,
 *
 *     velocity = momentum · velocity + g
 *     w = w − learningRate · velocity,   with `nesterov`: w − learningRate · (g + momentum · velocity)
 */
export function sgd(arrays: SgdArrays, scalars: SgdScalars): void {
  const { weights, velocity, gradient, mask } = arrays;
  const { learningRate, momentum, weightDecay, gradientScale, nesterov = false } = scalars;
  const { kernels } = together('sgd', weights, velocity, gradient, mask);
  masked(kernels, [weights, velocity], mask, (start, n) =>
    kernels.sgd(
      weights.byteOffset + 4 * start,
      velocity.byteOffset + 4 * start,
      gradient.byteOffset + 4 * start,
      n,
      learningRate,
      momentum,
      weightDecay,
      gradientScale,
      Number(nesterov),
    ),
  );
}

/** Sets to exactly 0, NaNs too, the elements of `x` whose byte in the mask is 0; both arrays in one memory. */
export function applyMask(x: Float32Array, mask: Uint8Array): void {
  together('applyMask', x, mask).kernels.applyMask(x.byteOffset, mask.byteOffset, x.length);
}

/** Elements whose update is masked while they are still in the processor's cache. */
const CHUNK = 4096;

/** Updates all elements, or with a mask chunk after chunk, each masked before the next. */
function masked(
  kernels: Kernels,
  arrays: readonly Float32Array[],
  mask: Uint8Array | undefined,
  update: (start: number, n: number) => void,
): void {
  const length = arrays[0]!.length;
  if (!mask) return update(0, length);
  for (let start = 0; start < length; start += CHUNK) {
    const n = Math.min(CHUNK, length - start);
    update(start, n);
    for (const array of arrays) kernels.applyMask(array.byteOffset + 4 * start, mask.byteOffset + start, n);
  }
}

/** The memory that the arrays share. */
function together(kernel: string, ...arrays: (Float32Array | Uint8Array | undefined)[]): Place {
  const [first, ...others] = arrays.filter((array) => array !== undefined);
  const place = first && placeOf(first);
  if (!place || others.some((array) => array.buffer !== place.buffer)) {
    throw new Error(
      `Expected the arrays of ${kernel} to lie in one memory of an arena: take them from one arena.group().`,
    );
  }
  if (others.some((array) => array.length !== first.length)) {
    const lengths = [first, ...others].map((array) => array.length);
    throw new Error(`Expected arrays of one length for ${kernel}, got ${lengths.join(', ')}.`);
  }
  return place;
}
