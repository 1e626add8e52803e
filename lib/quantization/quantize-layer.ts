import * as tf from '@tensorflow/tfjs';
import type { DeclaresFacts } from '../core/facts';
import { dynamicQuantize } from './dynamic-quantize';
import { fakeQuantize } from './fake-quantize';
import { perTensor } from './granularity';

/** What the layer keeps of a quantizer with a range, all of it in its config. */
export interface StaticQuantizeOptions {
  readonly name: string;
  /** Step size. */
  readonly scale: number;
  /** The code of 0. */
  readonly zeroPoint: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly narrowRange: boolean;
}

/** What it keeps of one that takes the range of the tensor at hand. */
export interface DynamicQuantizeLayerOptions {
  readonly name: string;
  readonly dynamic: true;
}

export type QuantizeLayerOptions = StaticQuantizeOptions | DynamicQuantizeLayerOptions;

class Quantize extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleQuantize';
  readonly facts = { tokenWise: 1, passes: 'values' } as const;

  constructor(private readonly options: StaticQuantizeOptions) {
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

/** Not token-wise: a token's result depends on the range of all of them. */
class DynamicQuantize extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleDynamicQuantize';
  readonly facts = { passes: 'values' } as const;

  constructor({ name }: Pick<DynamicQuantizeLayerOptions, 'name'>) {
    super({ name });
    this.supportsMasking = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => dynamicQuantize(Array.isArray(inputs) ? inputs[0]! : inputs, { integer: true }));
  }
}
tf.serialization.registerClass(DynamicQuantize);

/** Whether a layer is what `quantizeLayer` makes. */
export function isQuantizeLayer(layer: tf.layers.Layer): boolean {
  return [Quantize.className, DynamicQuantize.className].includes(layer.getClassName());
}

/** What a quantize layer was made with. */
export function quantizeOptionsOf(layer: tf.layers.Layer): QuantizeLayerOptions {
  const { name } = layer;
  if (layer.getClassName() === DynamicQuantize.className) return { name, dynamic: true };
  const { scale, zeroPoint, bits, signed, narrowRange } =
    layer.getConfig() as unknown as StaticQuantizeOptions;
  return { name, scale, zeroPoint, bits, signed, narrowRange };
}

/**
 * An activation's quantization as a layer without weights, for inference: what is left of a quantizer once a model is
 * converted. The ONNX exporter makes it a pair of `QuantizeLinear` (`DynamicQuantizeLinear` without a scale) and `DequantizeLinear`. Any
 * shape.
 */
export function quantizeLayer(options: QuantizeLayerOptions): tf.layers.Layer {
  return 'dynamic' in options ? new DynamicQuantize(options) : new Quantize(options);
}
