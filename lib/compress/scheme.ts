import { perChannel } from '../quantization/granularity';
import { movingAverage, Observer } from '../quantization/observer';
import { int8, WeightSpec } from '../quantization/spec';

/** How a layer is quantized: its weights, its input, or both. What a scheme leaves out stays in floats. */
export interface Scheme {
  /** How kernels and embedding tables are stored; `perChannel()` is the layer's own output channels. */
  readonly weight?: WeightSpec;
  /** Makes what watches the layer's input and gives its range: one for each tensor, which layers that consume it share. */
  readonly input?: () => Observer;
  /** Compute with integers where the engine can; otherwise the same numbers are simulated in floats. Default true. */
  readonly integer?: boolean;
}

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

/**
 * **Weights as codes, activations in floats**: smaller, not faster. Needs no data.
 *
 * @example prepare(model, weightOnly(int4(perGroup(0, 32))))
 */
export function weightOnly(weight: WeightSpec = int8(perChannel())): Scheme {
  return { weight };
}
