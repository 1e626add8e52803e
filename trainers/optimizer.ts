import { Configured, configured } from '../lib/core/config';
import { UserError } from '../lib/core/errors';
import { adamw, sgd as descend } from '../lib/wasm/kernels';
import type { Parameter, Parameters } from './parameters';

/** Turns gradients into new weights, in host memory, whichever engine made the gradients. Its state lives in the parameters' slots. */
export interface Optimizer extends Configured {
  /** The arrays that it keeps for each weight: pass them to `parametersOf`. */
  readonly slots: readonly string[];
  /**
   * One step: clips by the global norm of the summed, masked gradients, then updates each parameter in one pass. Pruned weights
   * and their slots are exactly 0 after it; gradients are not changed.
   *
   * @throws UserError if a gradient is not finite; then nothing was updated.
   */
  apply(parameters: Parameters, options: StepOptions): StepReport;
}

/** What an optimizer is told of a step. */
export interface StepOptions {
  /** Of this step, at least 0; a parameter's own `rateFactor` multiplies it. */
  readonly learningRate: number;
  /** Number of this step, from 1: for bias corrections. */
  readonly step: number;
  /** Gradients are scaled down to this global norm where theirs is larger; no clipping by default. */
  readonly clipNorm?: number;
  /** How many batches' gradients were summed: they are divided by it, first of all. 1 by default. */
  readonly accumulated?: number;
}

/** What an optimizer tells of a step. */
export interface StepReport {
  /** Global norm of the gradients before clipping, of their mean over the accumulated batches. */
  readonly gradientNorm: number;
}

/** Options of {@link adamW}. */
export interface AdamWOptions {
  /** Decay of the moving average of the gradient, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the moving average of the squared gradient, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the corrected average. Default 1e-8. */
  readonly epsilon?: number;
  /** Weights of rank 2 and more shrink by learningRate · weightDecay each step; biases and layer norms do not. Default 0.01. */
  readonly weightDecay?: number;
}

/**
 * AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101), equal to `torch.optim.AdamW`:
 *
 *     w = w − learningRate · weightDecay · w
 *     m = beta1 · m + (1 − beta1) · g,   v = beta2 · v + (1 − beta2) · g²
 *     w = w − learningRate · m/(1 − beta1^step) / (√(v/(1 − beta2^step)) + epsilon)
 *
 * @throws UserError for an option out of its range.
 * @example train({ optimizer: adamW({ weightDecay: 0.1 }), ... })
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  expectRange('adamW', { beta1, beta2 }, 1);
  expectRange('adamW', { epsilon, weightDecay }, Infinity);
  const steps = createOptimizer('adamW', ['m', 'v'], ({ weights, gradient, mask, decay }, [m, v], step) =>
    adamw(
      { weights, m: m!, v: v!, gradient, mask },
      { ...step, beta1, beta2, epsilon, weightDecay: decay ? weightDecay : 0 },
    ),
  );
  return configured(steps, 'adamW', { beta1, beta2, epsilon, weightDecay });
}

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Share of the last step that the next one keeps, in [0, 1). Default 0.9. */
  readonly momentum?: number;
  /** Nesterov's momentum: look ahead by one step. Default false. */
  readonly nesterov?: boolean;
  /** Added to the gradient of weights of rank 2 and more as weightDecay · w; biases and layer norms have none. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with momentum, equal to `torch.optim.SGD` without dampening: with g = gradient + weightDecay · w,
 *
 *     velocity = momentum · velocity + g
 *     w = w − learningRate · velocity,   with `nesterov`: w − learningRate · (g + momentum · velocity)
 *
 * @throws UserError for an option out of its range.
 * @example train({ optimizer: sgd({ momentum: 0.9 }), ... })
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0.9, nesterov = false, weightDecay = 0 } = options;
  expectRange('sgd', { momentum }, 1);
  expectRange('sgd', { weightDecay }, Infinity);
  const steps = createOptimizer('sgd', ['velocity'], ({ weights, gradient, mask, decay }, [velocity], step) =>
    descend(
      { weights, velocity: velocity!, gradient, mask },
      { ...step, momentum, nesterov, weightDecay: decay ? weightDecay : 0 },
    ),
  );
  return configured(steps, 'sgd', { momentum, nesterov, weightDecay });
}

/** What every update rule needs to know of a step. */
export interface Step {
  readonly learningRate: number;
  readonly step: number;
  readonly gradientScale: number;
}

/** Changes a parameter's weights and slots, in the order of the optimizer's `slots`; what a hard mask prunes becomes exactly 0. */
export type Update = (parameter: Parameter, slots: readonly Float32Array[], step: Step) => void;

/** As in PyTorch's `clip_grad_norm_`. */
const CLIP_EPSILON = 1e-6;

/** An optimizer of its update rule: it clips, looks for what is not finite, and says which slots are missing. */
export function createOptimizer(
  name: string,
  slots: readonly string[],
  update: Update,
): Omit<Optimizer, keyof Configured> {
  return {
    slots,
    apply: (parameters, { learningRate, step, clipNorm = Infinity, accumulated = 1 }) => {
      expectUsable(learningRate, step, clipNorm);
      parameters.rebind();
      const gradientNorm = parameters.gradientNorm() / accumulated;
      if (!Number.isFinite(gradientNorm)) throw notFinite(parameters, step);
      const clip = Math.min(1, clipNorm / (gradientNorm + CLIP_EPSILON));
      const now = { step, gradientScale: clip / accumulated };
      for (const parameter of parameters.list) {
        const rate = learningRate * parameter.rateFactor;
        update(parameter, slotsOf(parameter, slots, name), { ...now, learningRate: rate });
      }
      parameters.upload();
      return { gradientNorm };
    },
  };
}

function expectUsable(learningRate: number, step: number, clipNorm: number): void {
  if (!Number.isFinite(learningRate))
    throw new UserError(`Expected a learning rate, got ${learningRate} at step ${step}.`);
  if (!(step >= 1)) throw new UserError(`Expected steps to be counted from 1, got step ${step}.`);
  if (!(clipNorm > 0))
    throw new UserError(`Expected clipNorm above 0, got ${clipNorm}; leave it out for no clipping.`);
}

function slotsOf({ path, slots }: Parameter, names: readonly string[], optimizer: string): Float32Array[] {
  return names.map((name) => {
    const slot = slots[name];
    if (slot) return slot;
    throw new UserError(
      `Expected a slot "${name}" for ${optimizer} beside "${path}", got ${Object.keys(slots).join(', ') || 'none'}: ` +
        'make the parameters with parametersOf(model, { slots: optimizer.slots }).',
    );
  });
}

function notFinite({ list }: Parameters, step: number): UserError {
  const parameter = list.find((candidate) => !Number.isFinite(candidate.squaredNorm()));
  return new UserError(
    `The gradient of "${parameter?.path}" is not finite at step ${step}; no weight was changed. Try a smaller learning rate, ` +
      'a longer warm-up or clipNorm 1, and look for NaN in the inputs and labels.',
  );
}

/** @throws UserError unless every value is in [0, below). */
export function expectRange(
  optimizer: string,
  values: Readonly<Record<string, number>>,
  below: number,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value >= 0 && value < below) continue;
    throw new UserError(`Expected ${name} of ${optimizer} in [0, ${below}), got ${value}.`);
  }
}
