import type { Update } from './optimizer';

/**
 * An update rule of single weights, for optimizers without a WebAssembly kernel: what it makes of the weight and the slots at place `i`,
 * where `g` is the step's gradient of it, is written into the arrays that it is given.
 */
export type WeightRule = (arrays: RuleArrays, i: number, g: number, learningRate: number) => void;

/** What a rule reads and writes. */
export interface RuleArrays {
  readonly weights: Float32Array;
  /** In the order of the optimizer's `slots`. */
  readonly slots: readonly Float32Array[];
}

/** Applies a rule to each weight; those that a hard mask prunes, and their slots, become exactly 0. */
export function elementwise(rule: WeightRule): Update {
  return ({ weights, gradient, mask }, slots, { learningRate, gradientScale }) => {
    const arrays = { weights, slots };
    for (let i = 0; i < weights.length; i++) {
      if (mask?.[i] === 0) clear(arrays, i);
      else rule(arrays, i, gradientScale * gradient[i]!, learningRate);
    }
  };
}

function clear({ weights, slots }: RuleArrays, i: number): void {
  weights[i] = 0;
  for (const slot of slots) slot[i] = 0;
}
