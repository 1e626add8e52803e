import * as tf from '@tensorflow/tfjs';
import { attach, attachmentsOf, Pass, Transform } from '../../lib/core/attach';
import { expectNoLeak } from '../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Multiplies by `factor`; counts its uses. */
function scaling(factor: number): Transform & { uses: Pass[] } {
  const uses: Pass[] = [];
  return {
    uses,
    revision: String(factor),
    apply(value, pass) {
      uses.push(pass);
      return value.mul(factor);
    },
    state: () => ({}),
    dispose: () => undefined,
  };
}

function dense(units: number, name: string, kernel: number[], inputs: number): tf.layers.Layer {
  const layer = tf.layers.dense({ units, name, inputShape: [inputs] });
  layer.build([null, inputs]);
  layer.setWeights([tf.tensor(kernel, [inputs, units]), tf.tensor(kernel.slice(0, units))]);
  return layer;
}

const values = (result: tf.Tensor | tf.Tensor[]): number[] => Array.from((result as tf.Tensor).dataSync());
const x = tf.tensor2d([[1, 2]]);

describe('attach', () => {
  // y = [1, 2] · [[1, 0], [0, 3]] + [1, 0] = [2, 6]
  const layer = dense(2, 'd', [1, 0, 0, 3], 2);

  test.each([
    ['input', [1 * 10 + 1, 60]],
    ['kernel', [1 * 10 + 1, 60]],
    ['bias', [1 + 10, 6]],
    ['output', [20, 60]],
  ])('changes only the %s', (target, expected) => {
    const attachment = attach(layer, target, scaling(10));
    expect(values(layer.apply(x) as tf.Tensor)).toEqual(expected);
    attachment.detach();
    expect(values(layer.apply(x) as tf.Tensor)).toEqual([2, 6]);
  });

  test('applies transforms in the order of attachment, but for one that is to be the first', () => {
    const adding = (term: number): Transform => ({ ...scaling(1), apply: (value) => value.add(term) });
    const attachments = [attach(layer, 'kernel', scaling(10)), attach(layer, 'kernel', adding(1))];
    attachments.push(attach(layer, 'kernel', adding(2), { first: true }));
    // [[1, 0], [0, 3]] + 2, times 10, plus 1: [1, 2] · [[31, 21], [21, 51]] + [1, 0]
    expect(values(layer.apply(x) as tf.Tensor)).toEqual([74, 123]);
    attachments.forEach((attachment) => attachment.detach());
    expect(values(layer.apply(x) as tf.Tensor)).toEqual([2, 6]);
  });

  test('detaches exactly: the instance has no property of its own left, whatever the order', () => {
    const before = Object.getOwnPropertyNames(layer);
    const [first, second] = [attach(layer, 'input', scaling(2)), attach(layer, 'kernel', scaling(3))];
    first.detach();
    expect(values(layer.apply(x) as tf.Tensor)).toEqual([4, 18]);
    second.detach();
    second.detach();
    expect(Object.getOwnPropertyNames(layer)).toEqual(before);
    expect(layer.call).toBe(Object.getPrototypeOf(layer).call);
  });

  test('gives back a `call` that the instance already had', () => {
    const other = dense(2, 'patched', [1, 0, 0, 3], 2);
    const mine = () => x.clone();
    other.call = mine;
    attach(other, 'output', scaling(2)).detach();
    expect(other.call).toBe(mine);
  });

  test('applies transforms of one target in the order of attachment', () => {
    const plusOne: Transform = { ...scaling(1), apply: (value) => value.add(1) };
    const attachments = [attach(layer, 'output', scaling(10)), attach(layer, 'output', plusOne)];
    expect(values(layer.apply(x) as tf.Tensor)).toEqual([21, 61]);
    attachments.forEach((attachment) => attachment.detach());
  });

  test('restores read() when the layer throws', () => {
    const attachment = attach(layer, 'kernel', {
      ...scaling(1),
      apply: () => {
        throw new Error('inside');
      },
    });
    expect(() => layer.apply(x)).toThrow('inside');
    expect(Object.getOwnPropertyNames(layer.weights[0])).not.toContain('read');
    attachment.detach();
    expect(values(layer.apply(x) as tf.Tensor)).toEqual([2, 6]);
  });

  test('names what can be attached to', () => {
    expect(() => attach(layer, 'kernels', scaling(1))).toThrow('its weights are kernel, bias');
    expect(() => attach(tf.layers.dense({ units: 1 }), 'kernel', scaling(1))).toThrow('has it been built');
  });

  test('refuses the input of a layer with two inputs', () => {
    const add = tf.layers.add({ name: 'sum' });
    const attachment = attach(add, 'input', scaling(1));
    expect(() => add.apply([x, x])).toThrow('one input tensor at layer "sum", got 2');
    attachment.detach();
  });

  test('leaks nothing, inside a model and bare', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
    const attachment = attach(model.layers[0]!, 'kernel', scaling(2));
    await expectNoLeak(() => tf.dispose([model.predict(x), model.layers[0]!.apply(x) as tf.Tensor]));
    attachment.detach();
    model.dispose();
  });
});

describe('in models', () => {
  test('a functional model with a shared layer: every use sees it, toJSON does not', () => {
    const shared = tf.layers.dense({ units: 1, name: 'shared', useBias: false, kernelInitializer: 'ones' });
    const [a, b] = [tf.input({ shape: [2] }), tf.input({ shape: [2] })];
    const sum = tf.layers
      .add()
      .apply([shared.apply(a) as tf.SymbolicTensor, shared.apply(b) as tf.SymbolicTensor]);
    const model = tf.model({ inputs: [a, b], outputs: sum as tf.SymbolicTensor });
    const json = model.toJSON();
    const double = scaling(2);
    const attachment = attach(shared, 'kernel', double);
    expect(values(model.predict([x, x.mul(10)]))).toEqual([66]);
    expect(double.uses).toEqual(['inference', 'inference']);
    expect(model.toJSON()).toBe(json);
    expect(attachmentsOf(model)).toEqual([attachment]);
    attachment.detach();
    expect(values(model.predict([x, x.mul(10)]))).toEqual([33]);
    expect(attachmentsOf(model)).toEqual([]);
  });

  test('a sequential model, and one nested in another', () => {
    const inner = tf.sequential({ layers: [dense(1, 'inner', [1, 1], 2)] });
    const outer = tf.sequential({ layers: [inner, dense(1, 'outer', [1], 1)] });
    expect(values(outer.predict(x))).toEqual([1 + 2 + 1 + 1]);
    const attachment = attach(inner.layers[0]!, 'input', scaling(10));
    expect(values(outer.predict(x))).toEqual([10 + 20 + 1 + 1]);
    expect(attachmentsOf(outer)).toEqual([attachment]);
    attachment.detach();
  });

  test('trains the latent weight through the transform, and tells it that it is training', async () => {
    const model = tf.sequential({ layers: [dense(1, 'trained', [1, 1], 2)] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: (_, y) => tf.sum(y) });
    const tripled = scaling(3);
    const attachment = attach(model.layers[0]!, 'kernel', tripled);
    await model.fit(x, tf.zeros([1, 1]), { epochs: 1, verbose: 0 });
    attachment.detach();
    // dL/dw = 3x
    const kernel = values(model.layers[0]!.getWeights()[0]!);
    expect(kernel[0]).toBeCloseTo(1 - 0.1 * 3, 6);
    expect(kernel[1]).toBeCloseTo(1 - 0.1 * 6, 6);
    expect(tripled.uses).toEqual(['training']);
  });
});
