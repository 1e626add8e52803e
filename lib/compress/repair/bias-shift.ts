import * as tf from '@tensorflow/tfjs';
import { attachedTo, Transform } from '../../core/attach';
import { DerivedInput, derivedTensor } from '../../core/derived';
import type { Weight } from '../../core/weights';
import { quantizes } from '../../quantization/transforms/quantizer';
import type { WeightQuantizer } from '../../quantization/transforms/weight-quantizer';
import type { Prepared } from '../prepared';

/** What is taken off a layer's bias as long as its weight is quantized. */
export interface BiasShift extends Transform {
  /** One number per output channel; undefined: nothing. Programs read it at every run. */
  shift: Float32Array | undefined;
  /** Through which programs read it. */
  readonly input: DerivedInput;
}

const shifts = new WeakSet<Transform>();

const isBiasShift = (transform: Transform): transform is BiasShift => shifts.has(transform);

/** The shift of a bias, attached now if it has none yet. */
export function biasShiftOf(prepared: Prepared, bias: Weight, quantizer: WeightQuantizer): BiasShift {
  const known = attachedTo(bias.layer)
    .map(({ transform }) => transform)
    .find(isBiasShift);
  if (known) return known;
  const made = biasShift(bias, quantizer);
  prepared.add(bias.layer, 'bias', made);
  return made;
}

function biasShift({ path, variable }: Weight, quantizer: WeightQuantizer): BiasShift {
  const data = new Float32Array(variable.size);
  const transform: BiasShift = {
    elementwise: true,
    shift: undefined,
    input: {
      name: `${path}/shift`,
      dtype: 'float32',
      shape: variable.shape,
      data,
      refresh: () => (transform.shift ? data.set(transform.shift) : data.fill(0)),
    },
    get revision() {
      return `shift ${quantizes(quantizer.mode) ? 'on' : 'off'}`;
    },
    apply: (bias) =>
      quantizes(quantizer.mode) ? tf.tidy(() => bias.sub(derivedTensor(transform.input))) : bias,
    bake: ({ data: values }) => {
      const taken = quantizes(quantizer.mode) ? transform.shift : undefined;
      return values.map((value, i) => value - (taken?.[i] ?? 0));
    },
    state: () => ({}),
    dispose: () => undefined,
  };
  shifts.add(transform);
  return transform;
}
