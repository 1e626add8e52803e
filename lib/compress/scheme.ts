import { perChannel } from '../quantization/granularity';
import { learnedClip, learnedStep } from '../quantization/observers/learned-range';
import { movingAverage } from '../quantization/observers/moving-average';
import type { Observer } from '../quantization/observers/observer';
import { int8, WeightSpec } from '../quantization/spec';

/** How a layer is quantized: its weights, its input, or both. What a scheme leaves out stays in floats. */
export interface Scheme {
  /** How kernels and embedding tables are stored; `perChannel()` is the layer's own output channels. */
  readonly weight?: WeightSpec;
  /**
   * Whose step sizes a weight is stored with: `current` (default), of the weight as it is; `learned`, trained with it from where it is prepared or begins late. Tables keep those
   * of their rows, which a look-up quantizes alone. An input's range is learned where `input` makes an observer that does (`learnedStep`).
   */
  readonly range?: 'current' | 'learned';
  /** What the learning rate of learned step sizes of weights is multiplied by. Default 1/√Q, where Q is the highest code. */
  readonly rateFactor?: number;
  /**
   * Makes what watches the layer's input and gives its range: one for each tensor, which layers that consume it share. `'dynamic'`: the
   * range is that of the tensor at hand, uint8, affine.
   */
  readonly input?: (() => Observer) | 'dynamic';
  /** Compute with integers where the engine can; otherwise the same numbers are simulated in floats. Default true. */
  readonly integer?: boolean;
}

/** Options of {@link staticInt8}. */
export interface StaticInt8Options {
  /** Makes what watches an input. Default `movingAverage()`: uint8, affine, one scale, constant 0.01. */
  readonly input?: () => Observer;
  /** Default true. */
  readonly integer?: boolean;
}

/**
 * **int8 weights, uint8 activations, matrix products of integers** (Jacob et al., 2018, arXiv:1712.05877): weights symmetric per output
 * channel, from their current range; inputs with a range that an observer has found, in training or by `calibrate`. The default of
 * quantization-aware training.
 *
 * @example prepare(model, staticInt8())
 */
export function staticInt8({
  input = () => movingAverage(),
  integer = true,
}: StaticInt8Options = {}): Scheme {
  return { weight: int8(perChannel()), input, integer };
}

/** Options of {@link dynamicInt8}. */
export interface DynamicInt8Options {
  /** Default true. */
  readonly integer?: boolean;
}

/**
 * **int8 weights, uint8 activations whose range is that of the tensor at hand**, matrix products of integers: as fast and as small as
 * `staticInt8` but for a look at every tensor, nothing to calibrate and nothing that is out of range; onnxruntime's `quantize_dynamic`.
 * Padding counts in the range, so that an answer may depend on what is in the batch.
 *
 * @example const compressed = convert(prepare(model, dynamicInt8()));
 */
export function dynamicInt8({ integer = true }: DynamicInt8Options = {}): Scheme {
  return { weight: int8(perChannel()), input: 'dynamic', integer };
}

/** Options of {@link lsq} and {@link pact}. */
export interface LearnedRangeSchemeOptions {
  /** How kernels and tables are stored. Default `int8(perChannel())`. */
  readonly weight?: WeightSpec;
  /** Makes what finds the range that an input begins with, in the spec that it has. Default `movingAverage()`: uint8, affine. */
  readonly input?: () => Observer;
  /** What the learning rate of what is learned is multiplied by. Default 1 for inputs, 1/√Q for weights of codes up to Q. */
  readonly rateFactor?: number;
  /** Default true. */
  readonly integer?: boolean;
}

/**
 * **Learned step sizes**, of weights and activations: LSQ (Esser et al., 2020, arXiv:1902.08153), for affine activations LSQ+ (Bhalgat et
 * al., 2020, arXiv:2004.09576). For training; the fewer the bits, the more it is worth.
 *
 * @example prepare(model, lsq({ weight: int4(perChannel()) }))
 */
export function lsq({
  weight = int8(perChannel()),
  input = () => movingAverage(),
  rateFactor,
  integer = true,
}: LearnedRangeSchemeOptions = {}): Scheme {
  const learned = () => learnedStep({ from: input(), rateFactor });
  return { weight, range: 'learned', rateFactor, input: learned, integer };
}

/**
 * **Learned clips of activations**: PACT (Choi et al., 2018, arXiv:1805.06085); weights in their current range. For training.
 *
 * @example prepare(model, pact())
 */
export function pact({
  weight = int8(perChannel()),
  input = () => movingAverage(),
  rateFactor,
  integer = true,
}: LearnedRangeSchemeOptions = {}): Scheme {
  return { weight, input: () => learnedClip({ from: input(), rateFactor }), integer };
}

/**
 * **Weights as codes, activations in floats**: smaller, not faster. Needs no data.
 *
 * @example prepare(model, weightOnly(int4(perGroup(0, 32))))
 */
export function weightOnly(weight: WeightSpec = int8(perChannel())): Scheme {
  return { weight };
}
