import * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { QParams, qparamsOf, Range, rangeOf } from './qparams';
import { perTensor } from './granularity';
import { QuantSpec, uint8 } from './spec';

/** Watches what passes by and derives a range from it; never changes it. */
export interface Observer {
  readonly spec: QuantSpec;
  /** Takes a tensor into account. Pure arithmetic on `state()`, so it can be traced. */
  observe(x: tf.Tensor): void;
  /** Whether there is a range, reading `state()`. */
  hasObserved(): boolean;
  /** Scale and zero point for what was observed so far. The caller owns them. */
  qparams(): QParams;
  /** What a checkpoint keeps of it, by name. */
  state(): Record<string, tf.Variable>;
  /** Frees `state()`. */
  dispose(): void;
}

/** An observer of the range between two numbers, and whether there is one. */
export interface RangeObserver extends Observer {
  state(): Record<'lo' | 'hi' | 'seen', tf.Variable>;
}

export interface ObserverOptions {
  /** What the range is for; per tensor. Default `uint8()`. */
  readonly spec?: QuantSpec;
}

export interface MovingAverageOptions extends ObserverOptions {
  /** Weight of a new observation, in (0, 1]. Default 0.01, as in torch. */
  readonly averagingConstant?: number;
}

/**
 * Range as the moving average of each batch's lowest and highest value: `lo += c (min(x) - lo)`, likewise `hi`. The first
 * observation sets it.
 *
 * @throws UserError for a constant outside (0, 1], or a spec that is not per tensor.
 */
export function movingAverage({
  spec = uint8(),
  averagingConstant = 0.01,
}: MovingAverageOptions = {}): RangeObserver {
  if (!(averagingConstant > 0 && averagingConstant <= 1)) {
    throw new UserError(`Expected an averagingConstant above 0 and at most 1, got ${averagingConstant}.`);
  }
  return observer(spec, (range, batch, seen) => {
    // 1 at the first observation, c afterwards: exactly, whatever c is in float32
    const rate = seen.mul(averagingConstant).add(tf.scalar(1).sub(seen));
    return {
      lo: range.lo.add(rate.mul(batch.lo.sub(range.lo))),
      hi: range.hi.add(rate.mul(batch.hi.sub(range.hi))),
    };
  });
}

/** Range as the lowest and highest value ever seen, and 0, which every range contains. */
export function minMax({ spec = uint8() }: ObserverOptions = {}): RangeObserver {
  return observer(spec, (range, batch) => ({
    lo: range.lo.minimum(batch.lo),
    hi: range.hi.maximum(batch.hi),
  }));
}

/** The new range from the old one (0 … 0 at first), a batch's, and whether (1 or 0) there was one before. */
type Combine = (range: Range, batch: Range, seen: tf.Tensor) => Range;

function observer(spec: QuantSpec, combine: Combine): RangeObserver {
  if (spec.granularity.name !== perTensor().name) {
    throw new UserError(`Expected a spec that is perTensor() to observe with, got ${spec.granularity.name}.`);
  }
  const zero = () => tf.tidy(() => tf.variable(tf.scalar(0), false));
  const state = { lo: zero(), hi: zero(), seen: zero() };
  let known = false; // spares reading `seen` again: it never goes back
  return {
    spec,
    observe(x) {
      tf.tidy(() => {
        const { lo, hi } = combine(state, rangeOf(x, spec.granularity), state.seen);
        state.lo.assign(lo as tf.Scalar);
        state.hi.assign(hi as tf.Scalar);
        state.seen.assign(state.seen.maximum(1));
      });
    },
    hasObserved: () => (known ||= state.seen.dataSync()[0] === 1),
    qparams: () => qparamsOf(state, spec),
    state: () => state,
    dispose: () => tf.dispose(state),
  };
}
