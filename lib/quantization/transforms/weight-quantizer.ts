import * as tf from '@tensorflow/tfjs';
import { dequantize, DerivedInput, isTracing } from '../../core/derived';
import { hostOf } from '../../core/host-tensor';
import { qparamsOf, rangeOf } from '../qparams';
import { quantizeDequantize } from '../quantize';
import { int8, perAxis, QuantSpec } from '../spec';
import { straightThrough } from '../straight-through';
import { makeCodes, updateCodes } from '../weight-codes';
import { flagsOf, Quantizer, QuantizerOptions } from './quantizer';

export interface WeightQuantizerOptions extends QuantizerOptions {
  /** 1: a scale per column, a dense kernel's output channel; 0: per row, an embedding. Default 1. */
  readonly axis?: 0 | 1;
}

/** A quantizer of a matrix. */
export interface WeightQuantizer extends Quantizer {
  readonly axis: 0 | 1;
}

/**
 * Fake-quantizes a matrix, attached to the weight: int8, symmetric, one scale per column or row, from the weight's current
 * range. So nothing is ever clipped, and the gradient passes unchanged.
 *
 * Under the tracer, on the integer path, the weight comes in as int8 codes and scales that are refreshed before each run:
 * inside the program, quantizing along the last axis would cost more than the matmul it feeds.
 */
export function weightQuantizer({ axis = 1, integer = true }: WeightQuantizerOptions = {}): WeightQuantizer {
  const spec = int8(perAxis(axis));
  let derived: DerivedCodes | undefined;
  return makeQuantizer(spec, axis, integer, (quantizer, value) => {
    if (!(quantizer.integer && isTracing() && value instanceof tf.Variable)) return simulate(value, spec);
    // One buffer per variable: tracing twice must give the same program.
    if (derived?.variable !== value) derived = derivedCodes(value, axis);
    const { codes, scales } = derived;
    return straightThrough(value, () => dequantize(codes, scales, axis));
  });
}

/**
 * Fake-quantizes what an embedding layer looked up, attached to the layer's *output*: int8, symmetric, one scale per row of the
 * last axis. A row's codes depend on that row only, so quantizing the rows looked up gives the numbers of quantizing the
 * table, with the work of a batch's tokens instead of a vocabulary's.
 */
export function lookupQuantizer({ integer = true }: QuantizerOptions = {}): WeightQuantizer {
  const spec = int8(perAxis(0));
  return makeQuantizer(spec, 0, integer, (_, value) =>
    tf.tidy(() => simulate(value.reshape([-1, value.shape.at(-1)!]), spec).reshape(value.shape)),
  );
}

function makeQuantizer(
  spec: QuantSpec,
  axis: 0 | 1,
  integer: boolean,
  quantized: (quantizer: WeightQuantizer, value: tf.Tensor) => tf.Tensor,
): WeightQuantizer {
  const quantizer: WeightQuantizer = {
    spec,
    axis,
    enabled: true,
    integer,
    get revision() {
      return flagsOf({ enabled: quantizer.enabled, integer: quantizer.integer });
    },
    apply: (value) => (quantizer.enabled ? quantized(quantizer, value) : value),
    state: () => ({}),
    dispose: () => undefined,
  };
  return quantizer;
}

function simulate(value: tf.Tensor, spec: QuantSpec): tf.Tensor {
  return straightThrough(value, (weight) =>
    quantizeDequantize(weight, qparamsOf(rangeOf(weight, spec.granularity), spec), spec),
  );
}

interface DerivedCodes {
  readonly variable: tf.Variable;
  readonly codes: DerivedInput;
  readonly scales: DerivedInput;
}

function derivedCodes(variable: tf.Variable, axis: 0 | 1): DerivedCodes {
  const target = makeCodes(variable.shape, axis);
  const codes: DerivedInput = {
    name: `${variable.name}/codes`,
    dtype: 'int8',
    shape: target.shape,
    data: target.codes,
    // On the cpu backend the variable's memory, not a copy; asked anew, since `assign` swaps it.
    refresh: () => updateCodes(target, hostOf(variable).data as Float32Array),
  };
  const scales: DerivedInput = {
    name: `${variable.name}/scales`,
    dtype: 'float32',
    shape: [target.scales.length],
    data: target.scales,
    refresh: () => undefined, // comes with the codes
  };
  return { variable, codes, scales };
}
