import type * as tf from '@tensorflow/tfjs';
import { scaledCodes, DerivedInput, derivedTensor } from '../core/derived';
import { AxisForm, axisForm } from './axis-form';
import { decode } from './decode';
import type { EncodedWeight } from './encoded-weight';
import type { QuantSpec } from './spec';

/** A weight that programs read as it is stored. */
export interface DerivedWeight {
  readonly encoded: EncodedWeight;
  /** What the weight is computed with, in its shape. */
  tensor(): tf.Tensor;
}

const stored = new WeakMap<DerivedInput, EncodedWeight>();

/** The weight whose numbers an input of a program holds; for those who write the codes in their place. */
export function storedIn(input: DerivedInput): EncodedWeight | undefined {
  return stored.get(input);
}

/**
 * A weight as inputs of programs: codes with scales along an axis, those of a matrix being what integer products are made of, or else the numbers that it is
 * stored as.
 *
 * @param refresh brings `encoded` up to date, before each run.
 */
export function derivedWeight(name: string, encoded: EncodedWeight, refresh: () => void): DerivedWeight {
  const form = axisForm(encoded.shape, encoded.spec);
  return form ? codesAlong(name, encoded, refresh, form) : numbersOf(name, encoded, refresh);
}

function codesAlong(
  name: string,
  encoded: EncodedWeight,
  refresh: () => void,
  form: AxisForm,
): DerivedWeight {
  const { shape, scales } = encoded;
  const codes: DerivedInput = {
    name: `${name}/codes`,
    dtype: 'int8',
    bits: (encoded.spec as QuantSpec).bits,
    shape: form.shape,
    data: encoded.codes as Int8Array,
    refresh,
  };
  const steps: DerivedInput = {
    name: `${name}/scales`,
    dtype: 'float32',
    shape: [scales.length],
    data: scales,
    refresh: () => undefined, // comes with the codes
  };
  const reshaped = (numbers: tf.Tensor) =>
    numbers.shape.join() === shape.join() ? numbers : numbers.reshape([...shape]);
  return { encoded, tensor: () => reshaped(scaledCodes(codes, steps, form.axis)) };
}

function numbersOf(name: string, encoded: EncodedWeight, refresh: () => void): DerivedWeight {
  const data = new Float32Array(encoded.shape.reduce((product, size) => product * size, 1));
  const numbers: DerivedInput = {
    name,
    dtype: 'float32',
    shape: encoded.shape,
    data,
    refresh() {
      refresh();
      data.set(decode(encoded));
    },
  };
  stored.set(numbers, encoded);
  return { encoded, tensor: () => derivedTensor(numbers) };
}
