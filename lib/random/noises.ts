import * as tf from '@tensorflow/tfjs';
import { wrapWithin } from '../core/attach';
import type { Call } from '../core/wrap-call';
import { dropoutMask } from './dropout-mask';
import { normalNoise } from './normal-noise';
import type { Next } from './stream';

/** What a layer does to its input in training. */
export type Noise = (x: tf.Tensor, layer: tf.layers.Layer, next: Next) => tf.Tensor;

/** Fields of tfjs's layers that are random in training. */
interface Fields {
  readonly rate: number;
  readonly seed?: number | null;
  readonly stddev: number;
  readonly noiseShape?: readonly (number | null)[];
  getNoiseShape(x: tf.Tensor): readonly (number | null)[] | null | undefined;
}

const fieldsOf = (layer: tf.layers.Layer): Fields => layer as unknown as Fields;

/** Of these layers, a rate that is not between 0 and 1 means that nothing happens. */
const between = (rate: number): boolean => rate > 0 && rate < 1;

/** `x · keep / (1 − rate)`, where keep is 1 with probability 1 − rate, else 0; one draw for each element of the noise's shape. */
const drop: Noise = (x, layer, next) => {
  const { rate, seed } = fieldsOf(layer);
  if (!between(rate)) return x;
  const shape = shapeOf(x, fieldsOf(layer).getNoiseShape(x));
  return x.mul(dropoutMask(next(seed), shape, rate));
};

/** The saturation of SELU, −λα, to which alpha dropout sends what it drops. */
const SATURATION = -1.0507009873554805 * 1.6732632423543772;

/**
 * `a · (x · keep + s · (1 − keep)) + b`, with s = −λα and a and b such that mean 0 and variance 1 stay what they are: G. Klambauer et al.,
 * "Self-Normalizing Neural Networks" (2017), arXiv:1706.02515.
 */
const alphaDrop: Noise = (x, layer, next) => {
  const { rate, noiseShape } = fieldsOf(layer);
  if (!between(rate)) return x;
  const a = ((1 - rate) * (1 + rate * SATURATION ** 2)) ** -0.5;
  const keep = dropoutMask(next(), shapeOf(x, noiseShape), rate, 1);
  const dropped = x.mul(keep).add(keep.sub(1).mul(-SATURATION));
  return dropped.mul(a).add(-a * SATURATION * rate);
};

/** `x · n`, where n is normal with mean 1 and variance rate / (1 − rate). */
const multiply: Noise = (x, layer, next) => {
  const { rate } = fieldsOf(layer);
  if (!between(rate)) return x;
  return x.mul(normalNoise(next(), x.shape, { mean: 1, stddev: Math.sqrt(rate / (1 - rate)) }));
};

/** `x + n`, where n is normal with mean 0. */
const add: Noise = (x, layer, next) =>
  x.add(normalNoise(next(), x.shape, { mean: 0, stddev: fieldsOf(layer).stddev }));

/** The layers of tfjs that are random in training, by class. */
export const NOISES: Readonly<Record<string, Noise | undefined>> = {
  Dropout: drop,
  SpatialDropout1D: drop,
  AlphaDropout: alphaDrop,
  GaussianDropout: multiply,
  GaussianNoise: add,
};

/** A layer's noise's shape: the input's where it does not say. */
function shapeOf(x: tf.Tensor, shape: readonly (number | null)[] | null | undefined): number[] {
  return shape?.map((size, axis) => size ?? x.shape[axis]!) ?? x.shape;
}

/** Makes a layer draw from streams in training, and returns how to undo it; outside of training the layer itself runs. */
export function drawNoise(layer: tf.layers.Layer, noise: Noise, next: Next): () => void {
  return wrapWithin(layer, (call): Call => (inputs, kwargs) => {
    const same = call(inputs, { ...kwargs, training: false }) as tf.Tensor | tf.Tensor[];
    if (!kwargs?.['training']) return same;
    const [x] = [same].flat() as [tf.Tensor];
    return tf.tidy(() => noise(x, layer, next));
  });
}
