import * as tf from '@tensorflow/tfjs';
import { attach, Transform } from '../../lib/core/attach';
import { layersOf } from '../../lib/core/layers';
import { computeOncePerCall } from '../../lib/core/once-per-call';
import { weightsOf } from '../../lib/core/weights';
import { scopeEachTest } from '../scope';

scopeEachTest();

const { layers } = tf;

/** Doubles, and counts how often. */
function doubling(): Transform & { uses: number } {
  const transform = {
    uses: 0,
    revision: 'twice',
    apply(value: tf.Tensor) {
      transform.uses++;
      return value.mul(2);
    },
    state: () => ({}),
    dispose: () => undefined,
  };
  return transform;
}

const STEPS = 5;
const one = (layer: tf.layers.Layer) => tf.sequential({ layers: [layer] });
const start = { inputShape: [STEPS, 3] as [number, number] };

const HOLDERS: Record<string, () => tf.LayersModel> = {
  lstm: () => one(layers.lstm({ units: 2, ...start })),
  'stacked cells': () =>
    one(
      layers.rnn({
        cell: [layers.gruCell({ units: 2 }), layers.simpleRNNCell({ units: 2 })],
        ...start,
      } as never),
    ),
  'bidirectional(gru)': () =>
    one(layers.bidirectional({ layer: layers.gru({ units: 2 }) as never, ...start } as never)),
  'timeDistributed(dense)': () =>
    one(layers.timeDistributed({ layer: layers.dense({ units: 2 }), ...start })),
  'timeDistributed(model)': () =>
    one(layers.timeDistributed({ layer: one(layers.dense({ units: 2, inputShape: [3] })), ...start })),
};

const data = (tensor: tf.Tensor) => [...tensor.dataSync()];

describe.each(Object.entries(HOLDERS))('%s', (_, make) => {
  test('makes effective weights once per call, with the same bits, until it is undone', () => {
    const model = make();
    const x = tf.randomNormal([2, STEPS, 3], 0, 1, 'float32', 1);
    const targets = weightsOf(model).filter(({ name }) => name.endsWith('kernel'));
    const transforms = targets.map(({ layer, name }) => {
      const transform = doubling();
      attach(layer, name, transform);
      return transform;
    });
    const uses = () => transforms.map((transform) => transform.uses);
    const predict = () => tf.tidy(() => data(model.predict(x) as tf.Tensor));

    const expected = predict();
    expect(uses()).toEqual(targets.map(() => STEPS));
    const undo = computeOncePerCall(model);
    expect(predict()).toEqual(expected);
    expect(uses()).toEqual(targets.map(() => STEPS + 1));
    const before = tf.memory().numTensors;
    expect(predict()).toEqual(expected);
    expect(tf.memory().numTensors).toBe(before);
    undo();
    expect(layersOf(model).filter((layer) => Object.hasOwn(layer, 'call')).length).toBe(
      new Set(targets.map(({ layer }) => layer)).size,
    );
    expect(predict()).toEqual(expected);
    expect(uses()).toEqual(targets.map(() => 2 * STEPS + 2));
  });

  test('gives the gradients that a transform at every step gives', () => {
    const model = make();
    const x = tf.randomNormal([2, STEPS, 3], 0, 1, 'float32', 1);
    weightsOf(model).forEach(({ layer, name }) => attach(layer, name, doubling()));
    const gradients = () => {
      const { grads } = tf.variableGrads(() => (model.apply(x) as tf.Tensor).square().mean() as tf.Scalar);
      return Object.values(grads).flatMap(data);
    };
    const expected = gradients();
    computeOncePerCall(model);
    gradients().forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  });
});

test('a weight that two layers compute with, each in its own way, is left to them', () => {
  const kernel = doubling();
  class Tied extends tf.layers.Layer {
    static readonly className = 'TiedDense';
    readonly facts = { borrows: [] as tf.LayerVariable[] };
    override call(x: tf.Tensor | tf.Tensor[]) {
      return tf.matMul([x].flat()[0]!, this.facts.borrows[0]!.read());
    }
  }
  const dense = layers.dense({ units: 3, inputShape: [3], useBias: false });
  const tied = new Tied({});
  const inner = tf.sequential({ layers: [dense, tied] });
  tied.facts.borrows.push(dense.weights[0]!);
  const model = one(layers.timeDistributed({ layer: inner, ...start }));
  attach(dense, 'kernel', kernel);
  attach(tied, 'kernel', { ...doubling(), apply: (value) => value.mul(3) });
  const x = tf.randomNormal([2, STEPS, 3], 0, 1, 'float32', 1);
  const expected = data(model.predict(x) as tf.Tensor);
  computeOncePerCall(model);
  expect(data(model.predict(x) as tf.Tensor)).toEqual(expected);
});

test('what a transform throws leaves the weight as it was', () => {
  const model = HOLDERS['lstm']!();
  const [{ layer, name }] = weightsOf(model) as [ReturnType<typeof weightsOf>[number]];
  const { detach } = attach(layer, name, {
    ...doubling(),
    apply() {
      throw new Error('no range');
    },
  });
  computeOncePerCall(model);
  const x = tf.zeros([1, STEPS, 3]);
  expect(() => model.predict(x)).toThrow('no range');
  detach();
  expect(model.predict(x)).toBeInstanceOf(tf.Tensor);
});
