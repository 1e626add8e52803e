import * as tf from '@tensorflow/tfjs';
import type { Transform } from '../../core/attach';
import { dequantize, DerivedInput, isTracing } from '../../core/derived';
import { hostOf } from '../../core/host-tensor';
import { encode, EncodedWeight, encodeInto, MatrixForm, matrixForm, roomFor, WeightValues } from '../encode';
import { perAxis } from '../granularity';
import { perValue, qparamsOf, rangeOf } from '../qparams';
import { quantizeDequantize } from '../quantize';
import { int8, QuantSpec } from '../spec';
import { straightThrough } from '../straight-through';
import { Quantizer, QuantizerOptions, quantizes, revisionOfQuantizer } from './quantizer';

export interface WeightQuantizerOptions extends QuantizerOptions {
  /** How the weight is stored. Default `int8(perAxis(1))`: a dense kernel's, with a scale per output channel. */
  readonly spec?: QuantSpec;
}

/** A transform of a weight that has codes. */
export interface Encoder extends Transform {
  /** The codes that the weight is stored as: they decode to what inference computes with. */
  encode(weight: WeightValues, mask?: Uint8Array): EncodedWeight;
}

export const isEncoder = (transform: Transform): transform is Encoder => 'encode' in transform;

/** A quantizer of a weight. */
export type WeightQuantizer = Quantizer & Encoder;

/**
 * Fake-quantizes a weight, attached to it, by the range of its current values. So nothing is ever clipped, and the gradient passes
 * unchanged.
 *
 * Under the tracer, on the integer path, int8 codes with a scale per row or column come in as codes and scales that are refreshed
 * before each run: inside the program, quantizing along the last axis would cost more than the matmul it feeds.
 */
export function weightQuantizer({
  spec = int8(perAxis(1)),
  integer = true,
}: WeightQuantizerOptions = {}): WeightQuantizer {
  let derived: DerivedCodes | undefined;
  const quantizer: WeightQuantizer = {
    spec,
    mode: 'both',
    integer,
    get revision() {
      return revisionOfQuantizer(quantizer);
    },
    apply(value) {
      if (!quantizes(quantizer.mode)) return value;
      const matrix = quantizer.integer && isTracing() ? matrixForm(value.shape, spec) : undefined;
      if (!matrix || !(value instanceof tf.Variable)) return simulate(value, spec);
      // One buffer per variable: tracing twice must give the same program.
      if (derived?.variable !== value) derived = derivedCodes(value, spec, matrix);
      return straightThrough(value, () => codesAsTensor(derived!, value.shape));
    },
    encode: (weight, mask) => encode(weight, spec, { mask }),
    state: () => ({}),
    dispose: () => undefined,
  };
  return quantizer;
}

/** A table's quantizer in two places. */
export interface LookupQuantizer {
  /** To attach to the table. */
  readonly table: Transform;
  /** To attach to the layer's output. */
  readonly rows: Transform;
}

/**
 * A table's quantizer for a layer that only looks up rows, with no block across rows. The codes of a row depend on that row alone, so
 * quantizing the rows that were looked up gives the numbers of quantizing the table, with the work of a batch's tokens instead of a
 * vocabulary's. Programs for inference read the codes of the whole table, which are stored.
 */
export function lookupQuantizer(quantizer: WeightQuantizer): LookupQuantizer {
  const readsCodes = (pass: string) => isTracing() && pass === 'inference' && quantizer.integer;
  const place = (apply: Transform['apply']): Transform => ({
    get revision() {
      return quantizer.revision;
    },
    apply,
    state: () => ({}),
    dispose: () => undefined,
  });
  const rowsOf = (value: tf.Tensor): tf.Tensor =>
    tf.tidy(() => quantizer.apply(value.reshape([-1, value.shape.at(-1)!]), 'training').reshape(value.shape));
  return {
    table: place((value, pass) => (readsCodes(pass) ? quantizer.apply(value, pass) : value)),
    rows: place((value, pass) => (readsCodes(pass) || !quantizes(quantizer.mode) ? value : rowsOf(value))),
  };
}

function simulate(value: tf.Tensor, spec: QuantSpec): tf.Tensor {
  return straightThrough(value, (weight) => {
    const qparams = qparamsOf(rangeOf(weight, spec.granularity), spec);
    return quantizeDequantize(weight, perValue(qparams, weight.shape, spec.granularity), spec);
  });
}

interface DerivedCodes {
  readonly variable: tf.Variable;
  readonly codes: DerivedInput;
  readonly scales: DerivedInput;
  readonly axis: 0 | 1;
}

function derivedCodes(
  variable: tf.Variable,
  spec: QuantSpec,
  { rows, columns, axis }: MatrixForm,
): DerivedCodes {
  const target = roomFor(variable.shape, spec);
  const codes: DerivedInput = {
    name: `${variable.name}/codes`,
    dtype: 'int8',
    shape: [rows, columns],
    data: target.codes,
    // On the cpu backend the variable's memory, not a copy; asked anew, since `assign` swaps it.
    refresh: () => encodeInto(target, hostOf(variable).data as Float32Array),
  };
  const scales: DerivedInput = {
    name: `${variable.name}/scales`,
    dtype: 'float32',
    shape: [target.scales.length],
    data: target.scales,
    refresh: () => undefined, // comes with the codes
  };
  return { variable, codes, scales, axis };
}

function codesAsTensor({ codes, scales, axis }: DerivedCodes, shape: number[]): tf.Tensor {
  const matrix = dequantize(codes, scales, axis);
  return matrix.rank === shape.length ? matrix : matrix.reshape(shape);
}
