import * as tf from '@tensorflow/tfjs';
import type { Transform } from '../../core/attach';
import type { Observer } from '../observers/observer';
import type { QuantSpec, WeightSpec } from '../spec';

/**
 * What a quantizer does: `off`, nothing; `observe`, watch and change nothing; `quantize`, with the range as it is; `both`, watch,
 * then quantize with the range that results. Observers watch in training and calibration, never in inference. What has no observer
 * (a weight, whose range is its own) quantizes under `quantize` and `both`.
 */
export type QuantizerMode = 'off' | 'observe' | 'quantize' | 'both';

export const observes = (mode: QuantizerMode): boolean => mode === 'observe' || mode === 'both';
export const quantizes = (mode: QuantizerMode): boolean => mode === 'quantize' || mode === 'both';

/** A transform that fake-quantizes. Its mode and path are decisions that a trace freezes, so they are part of its revision. */
export interface Quantizer<Spec extends WeightSpec = QuantSpec> extends Transform {
  /** What values are rounded to. */
  readonly spec: Spec;
  /** At first `both`. */
  mode: QuantizerMode;
  /** Under the tracer: integer codes where the runtime can compute with them, rather than their simulation in floats. */
  integer: boolean;
}

/** A quantizer of what goes into a layer. */
export interface InputQuantizer extends Quantizer {
  /** Where it stands, for error messages. */
  readonly name: string;
  /** What gives its range; none where that is the tensor's own. */
  readonly observer?: Observer;
}

export interface QuantizerOptions {
  /** Default true. */
  readonly integer?: boolean;
}

/** What a trace freezes of a quantizer: `both, integer`. */
export function revisionOfQuantizer({ mode, integer }: Pick<Quantizer, 'mode' | 'integer'>): string {
  return integer ? `${mode}, integer` : mode;
}

/** The last result, for the other layers that consume the same tensor in the same forward pass. */
interface Cached {
  readonly scope: object;
  readonly value: tf.Tensor;
  readonly result: tf.Tensor;
}

/** Computes what becomes of a tensor once per forward pass, however many layers consume it. */
export function onceAPass(): (value: tf.Tensor, compute: () => tf.Tensor) => tf.Tensor {
  let cached: Cached | undefined;
  return (value, compute) => {
    // Tensors of a forward pass live in its tidy scope: the same scope is the same pass.
    const scope = tf.engine().state.activeScope;
    if (scope && cached?.scope === scope && cached.value === value && !cached.result.isDisposed) {
      return cached.result;
    }
    const result = compute();
    cached = { scope, value, result };
    return result;
  };
}
