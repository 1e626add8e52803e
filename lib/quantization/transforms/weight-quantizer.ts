import * as tf from '@tensorflow/tfjs';
import type { Transform } from '../../core/attach';
import { isTracing } from '../../core/derived';
import { sourceOf, ValueSource } from '../../core/known-values';
import { DerivedWeight, derivedWeight } from '../derived-weight';
import { encode, encodeInto, roomFor } from '../encode';
import { pruneCodes } from '../encode-codes';
import type { EncodedWeight, WeightValues } from '../encoded-weight';
import { perAxis } from '../granularity';
import type { LearnedSteps } from '../learned-steps';
import { matrixForm } from '../matrix-form';
import { simulateStored } from '../simulate';
import { int8, WeightSpec } from '../spec';
import { straightThrough } from '../../core/straight-through';
import { expectShape, expectSpec, fixedValues } from './fixed-codes';
import { Quantizer, QuantizerOptions, quantizes, revisionOfQuantizer } from './quantizer';

export interface WeightQuantizerOptions extends QuantizerOptions {
  /** How the weight is stored. Default `int8(perAxis(1))`: a dense kernel's, with a scale per output channel. */
  readonly spec?: WeightSpec;
  /** Step sizes that are trained, of the spec; those of the weight as it is by default. */
  readonly steps?: LearnedSteps;
}

/** A transform of a weight that has codes. */
export interface Encoder extends Transform {
  /** The codes that the weight is stored as: they decode to what inference computes with. */
  encode(weight: WeightValues, mask?: Uint8Array): EncodedWeight;
}

export const isEncoder = (transform: Transform): transform is Encoder => 'encode' in transform;

/** A quantizer of a weight. */
export interface WeightQuantizer extends Quantizer<WeightSpec>, Encoder {
  /** The codes that were given to it, if any. */
  readonly fixed: EncodedWeight | undefined;
  /**
   * Gives it codes that were found otherwise than by rounding its weight (GPTQ, AdaRound): from now on the layer computes with what
   * they stand for, in training too, whatever becomes of the weight; but where the weight is exactly 0, pruned then or later, it stays
   * 0. `undefined` lets them go.
   *
   * @throws UserError for codes of another spec; those of another shape are refused where they meet the weight.
   */
  fix(encoded: EncodedWeight | undefined): void;
  /** Step sizes that are trained, if they are. */
  readonly steps?: LearnedSteps;
}

/**
 * Makes a layer compute with the numbers that its weight, as it is now, would be stored as. By ranges nothing is ever clipped; the
 * gradient passes unchanged in any case. Codes that it is given take the place of those (`fix`). Step sizes that are learned clip, and
 * learn in whichever mode it quantizes in: they are parameters, not something observed.
 *
 * Under the tracer, on the integer path, codes with a scale per row or column come in as codes and scales that are refreshed before each
 * run: inside the program, quantizing along the last axis would cost more than the matmul it feeds. For inference so does everything else:
 * a program reads what a file stores.
 */
export function weightQuantizer({
  spec = int8(perAxis(1)),
  steps,
  integer = true,
}: WeightQuantizerOptions = {}): WeightQuantizer {
  let derived: { readonly source: ValueSource; readonly weight: DerivedWeight } | undefined;
  /** One for each source: tracing twice must give the same program. */
  const derivedOf = (source: ValueSource): DerivedWeight => {
    if (derived?.source !== source) derived = { source, weight: weightOf(source, spec, fixed, steps) };
    return derived.weight;
  };
  let fixed: EncodedWeight | undefined;
  let times = 0;
  const quantizer: WeightQuantizer = {
    spec,
    ...(steps ? { steps, trainables: steps.trainables } : {}),
    mode: 'both',
    integer,
    get revision() {
      const revision = revisionOfQuantizer(quantizer);
      return fixed ? `${revision}, fixed ${times}` : revision;
    },
    get fixed() {
      return fixed;
    },
    fix(encoded) {
      if (encoded) expectSpec(encoded, spec);
      fixed = encoded;
      derived = undefined;
      times++;
    },
    apply(value, pass) {
      if (!quantizes(quantizer.mode)) return value;
      if (fixed) expectShape(fixed, value.shape);
      const isStored =
        pass === 'inference' || fixed !== undefined || matrixForm(value.shape, spec) !== undefined;
      const source = isTracing() && quantizer.integer && isStored ? sourceOf(value) : undefined;
      if (steps && !fixed)
        return steps.quantize(value, source ? () => derivedOf(source).tensor() : undefined);
      return straightThrough(value, () => {
        if (source) return derivedOf(source).tensor();
        return fixed ? fixedValues(value, fixed) : simulateStored(value, spec);
      });
    },
    encode(weight, mask) {
      if (!fixed) return encode(weight, spec, { mask, scales: steps?.sizes() });
      expectShape(fixed, weight.shape);
      return pruneCodes(fixed, (i) => weight.data[i] === 0 || mask?.[i] === 0);
    },
    state: () => ({}),
    dispose: () => steps?.dispose(),
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
 * vocabulary's. Programs for inference read the codes of the whole table, which are stored; so does everything where they are fixed.
 */
export function lookupQuantizer(quantizer: WeightQuantizer): LookupQuantizer {
  const readsCodes = (pass: string) =>
    quantizer.fixed !== undefined || (isTracing() && pass === 'inference' && quantizer.integer);
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

function weightOf(
  { variable, read }: ValueSource,
  spec: WeightSpec,
  fixed: EncodedWeight | undefined,
  steps: LearnedSteps | undefined,
): DerivedWeight {
  const target = roomFor(variable.shape, spec);
  target.scales.set(fixed?.scales ?? []);
  target.zeroPoints?.set(fixed?.zeroPoints ?? []);
  return derivedWeight(variable.name, target, () => {
    const weight = read();
    if (fixed) target.codes.set(pruneCodes(fixed, (i) => weight[i] === 0).codes);
    else encodeInto(target, weight, { scales: steps?.sizes() });
  });
}
