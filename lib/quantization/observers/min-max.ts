import { configured } from '../../core/config';
import { uint8 } from '../spec';
import { RangeObserver, rangeObserver, RangeObserverOptions } from './range-observer';

/**
 * Range as the lowest and highest value ever seen, and 0, which every range contains: one, or one of each block of the spec.
 *
 * @throws UserError for a spec that is not per tensor without a shape.
 *
 * @example prepare(model, staticInt8({ input: () => minMax() }));
 * @example minMax({ spec: int8(perAxis(1)), shape: [null, 384] });
 */
export function minMax({ spec = uint8(), shape }: RangeObserverOptions = {}): RangeObserver {
  const observer = rangeObserver(spec, shape, (range, batch) => ({
    lo: range.lo.minimum(batch.lo),
    hi: range.hi.maximum(batch.hi),
  }));
  return configured(observer, 'minMax', { spec, shape });
}
