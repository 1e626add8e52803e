import * as tf from '@tensorflow/tfjs';
import type { DeclaresFacts } from '../core/facts';
import { fakeQuantize } from './fake-quantize';
import { perTensor } from './granularity';

/** What the layer keeps of a quantizer, all of it in its config. */
export interface QuantizeLayerOptions {
  readonly name: string;
  /** Step size. */
  readonly scale: number;
  /** The code of 0. */
  readonly zeroPoint: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly narrowRange: boolean;
}

class Quantize extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleQuantize';
  readonly facts = { tokenWise: 1, passes: 'values' } as const;

  constructor(private readonly options: QuantizeLayerOptions) {
    super(options);
    this.supportsMasking = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { scale, zeroPoint, bits, signed, narrowRange } = this.options;
    const spec = { bits, signed, narrowRange, symmetric: false, granularity: perTensor() };
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const qparams = { scale: tf.scalar(scale), zeroPoint: tf.scalar(zeroPoint) };
      return fakeQuantize(x, qparams, spec, { integer: true });
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { scale, zeroPoint, bits, signed, narrowRange } = this.options;
    return { ...super.getConfig(), scale, zeroPoint, bits, signed, narrowRange };
  }
}
tf.serialization.registerClass(Quantize);

/** Whether a layer is what `quantizeLayer` makes. */
export function isQuantizeLayer(layer: tf.layers.Layer): boolean {
  return layer.getClassName() === Quantize.className;
}

/**
 * An activation's quantization as a layer without weights, for inference: what is left of a quantizer once a model is
 * converted. The ONNX exporter makes it a pair of `QuantizeLinear` and `DequantizeLinear`. Any shape.
 */
export function quantizeLayer(options: QuantizeLayerOptions): tf.layers.Layer {
  return new Quantize(options);
}
