import * as tf from '@tensorflow/tfjs';
import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { uint8 } from '../spec';
import { RangeObserver, rangeObserver, RangeObserverOptions } from './range-observer';

/** Options of {@link movingAverage}. */
export interface MovingAverageOptions extends RangeObserverOptions {
  /** Weight of a new observation, in (0, 1]. Default 0.01, as in torch. */
  readonly averagingConstant?: number;
}

/**
 * Range as the moving average of each batch's lowest and highest value (Jacob et al., 2018, arXiv:1712.05877): `lo += c (min(x) - lo)`,
 * likewise `hi`; one, or one of each block of the spec. The first observation sets it. The only observer that depends on how the data
 * come in batches: it forgets, so it suits training.
 *
 * @throws UserError for a constant outside (0, 1], and for a spec that is not per tensor without a shape.
 *
 * @example prepare(model, staticInt8({ input: () => movingAverage({ averagingConstant: 0.05 }) }));
 */
export function movingAverage({
  spec = uint8(),
  shape,
  averagingConstant = 0.01,
}: MovingAverageOptions = {}): RangeObserver {
  if (!(averagingConstant > 0 && averagingConstant <= 1)) {
    throw new UserError(`Expected an averagingConstant above 0 and at most 1, got ${averagingConstant}.`);
  }
  const observer = rangeObserver(spec, shape, (range, batch, seen) => {
    // 1 at the first observation, c afterwards: exactly, whatever c is in float32
    const rate = seen.mul(averagingConstant).add(tf.scalar(1).sub(seen));
    return {
      lo: range.lo.add(rate.mul(batch.lo.sub(range.lo))),
      hi: range.hi.add(rate.mul(batch.hi.sub(range.hi))),
    };
  });
  return configured(observer, 'movingAverage', { spec, shape, averagingConstant });
}
