import { Config, configured } from '../lib/core/config';
import { UserError } from '../lib/core/errors';

/** The learning rate of the optimizer step that follows `step` finished ones: the first step of a run uses `rate(0)`. */
export interface LearningRate {
  (step: number): number;
  /** How it was made. */
  readonly config?: Config;
}

/** The same rate at every step. */
export function constantRate(rate: number): LearningRate {
  expectRate(rate, 'rate');
  return configured(() => rate, 'constantRate', { rate });
}

/** Options of {@link linearWarmup}. */
export interface LinearWarmupOptions {
  /** The highest rate, reached after the warm-up. */
  readonly peak: number;
  /** Steps of linear growth from 0; 0 for none. */
  readonly warmupSteps: number;
  /** Steps of the whole run; the rate falls linearly to 0 there. */
  readonly totalSteps: number;
}

/**
 * Linear warm-up, then linear decay to zero, as BERT is fine-tuned (transformers' `get_linear_schedule_with_warmup`, number for
 * number): with w = warmupSteps and n = totalSteps, the rate is `peak · step / w` while step < w, then
 * `peak · (n − step) / (n − w)`, and 0 from n on. The very first step of a warm-up has rate 0.
 *
 * @throws UserError unless 0 ≤ warmupSteps ≤ totalSteps and totalSteps ≥ 1.
 * @example linearWarmup({ peak: 5e-5, warmupSteps: 10, totalSteps: 100 })(55) // 2.5e-5
 */
export function linearWarmup({ peak, warmupSteps, totalSteps }: LinearWarmupOptions): LearningRate {
  expectRate(peak, 'peak');
  const whole = Number.isInteger(warmupSteps) && Number.isInteger(totalSteps);
  if (!whole || warmupSteps < 0 || totalSteps < 1 || warmupSteps > totalSteps) {
    throw new UserError(
      `linearWarmup expected whole numbers with 0 <= warmupSteps <= totalSteps and totalSteps >= 1, received ` +
        `warmupSteps ${warmupSteps} and totalSteps ${totalSteps}.`,
    );
  }
  const rate = (step: number) => {
    if (step < warmupSteps) return (peak * step) / warmupSteps;
    return peak * Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
  };
  return configured(rate, 'linearWarmup', { peak, warmupSteps, totalSteps });
}

function expectRate(rate: number, name: string): void {
  if (Number.isFinite(rate) && rate >= 0) return;
  throw new UserError(`A learning rate must be a finite number >= 0; received ${name} ${rate}.`);
}
