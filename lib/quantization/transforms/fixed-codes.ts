import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { decode } from '../decode';
import type { EncodedWeight } from '../encoded-weight';
import { describeSpec, isHalf, WeightSpec } from '../spec';

/** @throws UserError for codes of another spec. */
export function expectSpec({ spec: given, shape }: EncodedWeight, spec: WeightSpec): void {
  if (detailOf(given, shape) === detailOf(spec, shape)) return;
  throw new UserError(
    `Expected codes of the quantizer’s own spec (${describeSpec(spec)}), got codes of another one (${describeSpec(given)}); encode with ` +
      'the spec of the quantizer.',
  );
}

/** All of a spec, its granularity by the blocks that it comes to. */
function detailOf(spec: WeightSpec, shape: readonly number[]): string {
  if (isHalf(spec)) return spec.format;
  const { bits, signed, symmetric, narrowRange, granularity, rule = 'range' } = spec;
  return [bits, signed, symmetric, narrowRange, rule, ...granularity.block(shape)].join();
}

/** @throws UserError for codes of a weight of another shape. */
export function expectShape({ shape: given }: EncodedWeight, shape: readonly number[]): void {
  if (given.join() === shape.join()) return;
  throw new UserError(
    `Expected the fixed codes to be those of a weight of shape [${shape.join(', ')}], got codes of [${given.join(', ')}]; ` +
      'fix the codes of this weight, or unfix them.',
  );
}

/** What codes stand for, as a tensor that is 0 where the weight is. */
export function fixedValues(weight: tf.Tensor, encoded: EncodedWeight): tf.Tensor {
  return tf.tidy(() => {
    const decoded = tf.tensor(decode(encoded), weight.shape, 'float32');
    return tf.where(weight.equal(0), tf.zerosLike(decoded), decoded);
  });
}
