import * as tf from '@tensorflow/tfjs';
import { scaledCodes, DerivedInput } from '../../core/derived';
import { qparamsOfRange } from '../block-qparams';
import type { QParams } from '../qparams';
import type { QuantSpec } from '../spec';
import type { HostRange } from './host-range';

let made = 0;

/**
 * Scale and zero point of a range that is found on the host: eagerly of the range as it is now, under the tracer as an input that is
 * brought up to date before each run, if the range changed.
 *
 * @param name for error messages.
 * @param revision of the range: it is asked for again only when this is another.
 */
export function hostQParams(
  name: string,
  spec: QuantSpec,
  range: () => HostRange,
  revision: () => number,
): () => QParams {
  let known = -1;
  const values: DerivedInput = {
    name: `${name}/${made++}/qparams`,
    dtype: 'float32',
    shape: [2],
    data: new Float32Array(2),
    refresh() {
      if (known === revision()) return;
      known = revision();
      const { lo, hi } = range();
      const { scale, zeroPoint } = qparamsOfRange(lo, hi, spec);
      this.data.set([scale, zeroPoint]);
    },
  };
  // What programs take from the host are codes and scales, here a matrix [1, 2] of them: 1 · scale, 1 · zero point.
  const ones: DerivedInput = {
    ...values,
    name: `${values.name}/ones`,
    dtype: 'uint8',
    shape: [1, 2],
    data: Uint8Array.of(1, 1),
    refresh: () => undefined,
  };
  return () =>
    tf.tidy(() => {
      const both = scaledCodes(ones, values, 1);
      const at = (place: number) => both.slice([0, place], [1, 1]).reshape([]);
      return { scale: at(0), zeroPoint: at(1) };
    });
}
