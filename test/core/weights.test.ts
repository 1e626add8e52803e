import * as tf from '@tensorflow/tfjs';
import { weightsOf } from '../../lib/core/weights';

const dense = (name: string) => tf.layers.dense({ name, units: 2, inputShape: [3] });

describe('weightsOf', () => {
  it('names every weight by its layer, whatever tfjs calls the variable', () => {
    const models = [1, 2].map(() => tf.sequential({ layers: [dense('ffn/up')] }));
    for (const model of models) {
      expect(weightsOf(model).map(({ path, name, rank }) => [path, name, rank])).toEqual([
        ['ffn/up/kernel', 'kernel', 2],
        ['ffn/up/bias', 'bias', 1],
      ]);
    }
    const [first, second] = models.map((model) => weightsOf(model)[0]!.variable.name);
    expect(first).not.toBe(second);
  });

  it('gives the very variable of the layer', () => {
    const model = tf.sequential({ layers: [dense('d')] });
    const [kernel] = weightsOf(model);
    kernel!.variable.assign(tf.fill([3, 2], 7));
    expect([...model.layers[0]!.getWeights()[0]!.dataSync()]).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it('gives the variable and not a shadowed read', () => {
    const model = tf.sequential({ layers: [dense('d')] });
    const weight = model.layers[0]!.weights[0]!;
    const original = weight.read();
    weight.read = () => tf.scalar(0);
    expect(weightsOf(model)[0]!.variable).toBe(original);
  });

  it('sees a frozen layer, and a frozen model', () => {
    const model = tf.sequential({ layers: [dense('a'), tf.layers.dense({ name: 'b', units: 1 })] });
    model.layers[0]!.trainable = false;
    expect(weightsOf(model).map(({ trainable }) => trainable)).toEqual([false, false, true, true]);
    model.trainable = false;
    expect(weightsOf(model).some(({ trainable }) => trainable)).toBe(false);
  });

  it('finds the weights of nested models, wrappers and shared layers once', () => {
    const shared = dense('shared');
    const inner = tf.sequential({
      name: 'inner',
      layers: [tf.layers.dense({ name: 'x', units: 3, inputShape: [2] })],
    });
    const input = tf.input({ shape: [3] });
    const twice = shared.apply(inner.apply(shared.apply(input))) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: twice });
    expect(
      weightsOf(model)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['shared/bias', 'shared/kernel', 'x/bias', 'x/kernel'].sort());
    const wrapper = tf.layers.timeDistributed({
      layer: tf.layers.dense({ units: 2 }),
      name: 't',
      inputShape: [4, 3],
    });
    expect(weightsOf(tf.sequential({ layers: [wrapper] }))).toHaveLength(2);
  });

  it('refuses two weights of one path', () => {
    const a = tf.sequential({ name: 'a', layers: [dense('same')] });
    const b = tf.sequential({ name: 'b', layers: [dense('same')] });
    const input = tf.input({ shape: [3] });
    const sum = tf.layers.add().apply([a.apply(input), b.apply(input)] as tf.SymbolicTensor[]);
    const model = tf.model({ inputs: input, outputs: sum as tf.SymbolicTensor });
    expect(() => weightsOf(model)).toThrow('"same/kernel" twice');
  });
});
