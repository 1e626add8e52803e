import type * as tf from '@tensorflow/tfjs';
import { dequantize, DerivedInput, derivedTensor } from '../core/derived';
import { decode } from './decode';
import type { EncodedWeight } from './encoded-weight';
import { MatrixForm, matrixForm } from './matrix-form';
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
 * A weight as inputs of programs: the codes and scales of a matrix, which integer products are made of, or else the numbers that it is
 * stored as.
 *
 * @param refresh brings `encoded` up to date, before each run.
 */
export function derivedWeight(name: string, encoded: EncodedWeight, refresh: () => void): DerivedWeight {
  const matrix = matrixForm(encoded.shape, encoded.spec);
  return matrix ? codesOfMatrix(name, encoded, refresh, matrix) : numbersOf(name, encoded, refresh);
}

function codesOfMatrix(
  name: string,
  encoded: EncodedWeight,
  refresh: () => void,
  { rows, columns, axis }: MatrixForm,
): DerivedWeight {
  const { shape, scales } = encoded;
  const codes: DerivedInput = {
    name: `${name}/codes`,
    dtype: 'int8',
    bits: (encoded.spec as QuantSpec).bits,
    shape: [rows, columns],
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
  const reshaped = (matrix: tf.Tensor) => (shape.length === 2 ? matrix : matrix.reshape([...shape]));
  return { encoded, tensor: () => reshaped(dequantize(codes, steps, axis)) };
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
