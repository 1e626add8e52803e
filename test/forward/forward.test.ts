import * as tf from '@tensorflow/tfjs';
import { attach } from '../../lib/core/attach';
import { UserError } from '../../lib/core/errors';
import { forward, forwardThrough } from '../../lib/forward/forward';
import { expectNoLeak } from '../leaks';

/** Remembers whether it was called with a mask. */
class Spy extends tf.layers.Layer {
  static className = 'Spy';
  readonly masks: boolean[] = [];
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    this.masks.push(Boolean(kwargs['mask']));
    return (Array.isArray(inputs) ? inputs[0]! : inputs).mul(1);
  }
}
tf.serialization.registerClass(Spy);

const ids = () => tf.tensor2d([[1, 0]], [1, 2]);

describe('forward', () => {
  it('gives a mask to the layer it belongs to, and to no later one', () => {
    const [masked, later] = [new Spy({}), new Spy({})];
    const embedding = tf.layers.embedding({ inputDim: 2, outputDim: 2, maskZero: true, inputLength: 2 });
    const model = tf.sequential({ layers: [embedding, masked, later] });
    forward(model, [ids()], false);
    expect([masked.masks, later.masks]).toEqual([[true], [false]]);
    model.predict(ids()); // what tfjs does
    expect([masked.masks, later.masks]).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  it('leaves every layer as it was, also after an error', () => {
    const dense = tf.layers.dense({ units: 1, inputShape: [2] });
    const model = tf.sequential({ layers: [dense] });
    forward(model, [tf.ones([1, 2])], false);
    expect(Object.hasOwn(dense, 'call')).toBe(false);
    const fail = () => {
      throw new Error('no');
    };
    const attachment = attach(dense, 'output', {
      revision: '',
      apply: fail,
      state: () => ({}),
      dispose: () => {},
    });
    const patched = dense.call;
    expect(() => forward(model, [tf.ones([1, 2])], false)).toThrow('no');
    expect(dense.call).toBe(patched);
    attachment.detach();
    expect(Object.hasOwn(dense, 'call')).toBe(false);
  });

  it('refuses inputs of another shape, whatever their batch', () => {
    const dense = tf.layers.dense({ units: 1, batchInputShape: [8, 2] });
    const model = tf.sequential({ name: 'm', layers: [dense] });
    const ask = (...shape: number[]) => forward(model, [tf.ones(shape)], false).shape;
    expect(ask(3, 2)).toEqual([3, 1]);
    expect(() => ask(3, 4)).toThrow('Expected [8, 2] as the shape of input "');
    expect(() => ask(2)).toThrow('of "m", got [2].');
  });

  it('passes on whether it is training', () => {
    const model = tf.sequential({ layers: [tf.layers.dropout({ rate: 0.9999, inputShape: [100] })] });
    expect(
      forward(model, [tf.ones([1, 100])], false)
        .sum()
        .dataSync()[0],
    ).toBe(100);
    expect(
      forward(model, [tf.ones([1, 100])], true)
        .equal(1)
        .sum()
        .dataSync()[0],
    ).toBe(0);
  });

  it('leaves no tensors behind but its result', async () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 3, inputShape: [2] }), tf.layers.reLU()],
    });
    const x = tf.ones([1, 2]);
    await expectNoLeak(() => forward(model, [x], true).dispose());
    expect(x.isDisposed).toBe(false);
  });

  it('refuses a wrong number of inputs', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] });
    expect(() => forward(model, [], false)).toThrow(UserError);
  });
});

describe('forwardThrough', () => {
  const model = () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ name: 'two', units: 2, inputShape: [1], kernelInitializer: 'ones' }),
        tf.layers.dense({ name: 'one', units: 1, kernelInitializer: 'ones' }),
      ],
    });

  it('gives the output, then those of layers, the last one too', () => {
    const outputs = forwardThrough(model(), [tf.ones([1, 1])], { pass: 'inference', layers: ['one', 'two'] });
    expect(outputs.map((output) => [...output.dataSync()])).toEqual([[2], [2], [1, 1]]);
  });

  it('sees what is attached', () => {
    const attached = model();
    const negate = { revision: '', apply: (x: tf.Tensor) => x.neg(), state: () => ({}), dispose: () => {} };
    attach(attached.getLayer('two'), 'output', negate);
    const [, two] = forwardThrough(attached, [tf.ones([1, 1])], { pass: 'inference', layers: ['two'] });
    expect([...two!.dataSync()]).toEqual([-1, -1]);
  });

  it('names the layers there are when one is not', () => {
    const ask = () => forwardThrough(model(), [tf.ones([1, 1])], { pass: 'inference', layers: ['three'] });
    expect(ask).toThrow(UserError);
    expect(ask).toThrow('Expected a layer "three"');
    expect(ask).toThrow('two, one');
  });
});
