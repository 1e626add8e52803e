import * as tf from '@tensorflow/tfjs';
import { attachedTo, Transform } from '../../core/attach';
import { quantizes } from '../../quantization/transforms/quantizer';
import type { WeightQuantizer } from '../../quantization/transforms/weight-quantizer';
import type { Prepared } from '../prepared';

/** What is taken off a layer's bias as long as its weight is quantized. */
export interface BiasShift extends Transform {
  /** One number per output channel; undefined: nothing. */
  shift: Float32Array | undefined;
}

const shifts = new WeakSet<Transform>();

const isBiasShift = (transform: Transform): transform is BiasShift => shifts.has(transform);

/** The shift of a layer's bias, attached now if it has none yet. */
export function biasShiftOf(
  prepared: Prepared,
  layer: tf.layers.Layer,
  quantizer: WeightQuantizer,
): BiasShift {
  const known = attachedTo(layer)
    .map(({ transform }) => transform)
    .find(isBiasShift);
  if (known) return known;
  const made = biasShift(quantizer);
  prepared.add(layer, 'bias', made);
  return made;
}

function biasShift(quantizer: WeightQuantizer): BiasShift {
  let [shift, times]: [Float32Array | undefined, number] = [undefined, 0];
  const current = () => (quantizes(quantizer.mode) ? shift : undefined);
  const transform: BiasShift = {
    elementwise: true,
    get shift() {
      return shift;
    },
    set shift(values) {
      shift = values;
      times++;
    },
    get revision() {
      return `shift ${current() ? times : 'off'}`;
    },
    apply(bias) {
      const values = current();
      return values ? tf.tidy(() => bias.sub(tf.tensor(values, bias.shape))) : bias;
    },
    bake: ({ data }) => data.map((value, i) => value - (current()?.[i] ?? 0)),
    state: () => ({}),
    dispose: () => undefined,
  };
  shifts.add(transform);
  return transform;
}
