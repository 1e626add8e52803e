import * as tf from '@tensorflow/tfjs';
import { attach } from '../../../lib/core/attach';
import { revisionOf } from '../../../lib/core/revision';
import { fakeQuantize } from '../../../lib/quantization/fake-quantize';
import { minMax } from '../../../lib/quantization/observers/min-max';
import { activationQuantizer } from '../../../lib/quantization/transforms/activation-quantizer';
import { expectNoLeak } from '../../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const make = () => activationQuantizer({ name: 'test' });
const range = (quantizer: ReturnType<typeof make>) => {
  const { lo, hi } = quantizer.observer.state();
  return [values(lo!)[0], values(hi!)[0]];
};
const batch = tf.tensor1d([-1, 0.3, 1]);

describe('activationQuantizer', () => {
  test('in training, quantizes with the range after this batch', () => {
    const quantizer = make();
    const y = quantizer.apply(batch, 'training');
    expect(range(quantizer)).toEqual([-1, 1]);
    expect(values(y)).toEqual(values(fakeQuantize(batch, quantizer.observer.qparams(), quantizer.spec)));
    quantizer.apply(batch.mul(2), 'training');
    expect(range(quantizer)[1]).toBeCloseTo(1.01, 6);
  });

  test('in inference and frozen, the range stays', () => {
    const quantizer = make();
    quantizer.apply(batch, 'training');
    const clipped = quantizer.apply(tf.tensor1d([5]), 'inference');
    expect(values(clipped)[0]).toBeCloseTo(1, 2);
    quantizer.mode = 'quantize';
    quantizer.apply(tf.tensor1d([5]), 'training');
    expect(range(quantizer)).toEqual([-1, 1]);
  });

  test('observing, it is the identity, in training and in calibration', () => {
    const quantizer = make();
    quantizer.mode = 'observe';
    expect(quantizer.apply(batch, 'inference')).toBe(batch);
    expect(quantizer.apply(batch, 'training')).toBe(batch);
    expect(range(quantizer)).toEqual([-1, 1]);
    expect(quantizer.apply(batch.mul(3), 'inference')).toBeDefined();
    expect(range(quantizer)).toEqual([-1, 1]);
    expect(quantizer.apply(batch.mul(3), 'calibration')).toBeDefined();
    expect(range(quantizer)[1]).toBeCloseTo(1.02, 6);
  });

  test('off, it is the identity and sees nothing', () => {
    const quantizer = make();
    quantizer.mode = 'off';
    expect(quantizer.apply(batch, 'training')).toBe(batch);
    expect(quantizer.observer.hasObserved()).toBe(false);
  });

  test('refuses to quantize without a range', () => {
    expect(() => make().apply(batch, 'inference')).toThrow('input of "test" has no range yet');
  });

  test('observes a tensor that several layers consume once per forward pass', () => {
    const shared = activationQuantizer({ name: 'shared', observer: minMax() });
    let seen = 0;
    const { observe } = shared.observer;
    shared.observer.observe = (x) => {
      seen++;
      observe(x);
    };
    const input = tf.input({ shape: [2] });
    const layers = ['q', 'k', 'v'].map((name) => tf.layers.dense({ units: 2, name }));
    const outputs = layers.map((layer) => layer.apply(input) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs: tf.layers.add().apply(outputs) as tf.SymbolicTensor });
    const attachments = layers.map((layer) => attach(layer, 'input', shared));
    const x = tf.tensor2d([[1, 2]]);
    model.apply(x, { training: true });
    expect(seen).toBe(1);
    model.apply(x, { training: true });
    expect(seen).toBe(2);
    attachments.forEach((attachment) => attachment.detach());
  });

  test('mode and path are part of the model’s revision', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
    const quantizer = make();
    attach(model.layers[0]!, 'input', quantizer);
    const revisions = new Set<string>();
    for (const integer of [true, false]) {
      for (const mode of ['off', 'observe', 'quantize', 'both'] as const) {
        Object.assign(quantizer, { mode, integer });
        revisions.add(revisionOf(model));
      }
    }
    expect(revisions.size).toBe(8);
  });

  test('leaks nothing in a training step', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
    attach(model.layers[0]!, 'input', make());
    const x = batch.reshape([1, 3]);
    await expectNoLeak(() => {
      const { value, grads } = tf.variableGrads(() => {
        const y = model.apply(x, { training: true }) as tf.Tensor;
        return y.square().sum() as tf.Scalar;
      });
      tf.dispose([value, grads]);
      tf.dispose(model.predict(x));
    });
  });
});
