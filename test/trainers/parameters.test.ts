import * as tf from '@tensorflow/tfjs';
import { createArena } from '../../lib/wasm/memory';
import { UserError } from '../../lib/core/errors';
import { parametersOf, type Parameters } from '../../trainers/parameters';
import { expectNoLeak } from '../leaks';
import { onCopyingBackend } from './copying-backend';
import { denseModel, embeddingModel } from './small-models';

/** What the model itself computes with. */
function valuesOf(model: tf.LayersModel): number[][] {
  return tf.tidy(() => model.getWeights().map((weight) => [...weight.dataSync()]));
}

/** model([1, 0]) */
function output(model: tf.LayersModel): number[] {
  return tf.tidy(() => [...(model.predict(tf.tensor2d([[1, 0]])) as tf.Tensor).dataSync()]);
}

let model: tf.Sequential;
let parameters: Parameters;

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => {
  model = denseModel();
  parameters = parametersOf(model, { slots: ['m', 'v'] });
});
afterEach(() => {
  parameters.dispose();
  model.dispose();
});

describe('parametersOf', () => {
  it('lists every trainable weight with its values, gradient, slots, and whether it decays', () => {
    expect(parameters.list.map(({ path, decay }) => [path, decay])).toEqual([
      ['dense/kernel', true],
      ['dense/bias', false],
    ]);
    const kernel = parameters.get('dense/kernel');
    expect([...kernel.weights]).toEqual([1, 2, 3, 4]);
    expect([...kernel.gradient]).toEqual([0, 0, 0, 0]);
    expect(Object.keys(kernel.slots)).toEqual(['m', 'v']);
    expect(kernel.mask).toBeUndefined();
  });

  it('puts what belongs to a weight into one memory', () => {
    const { weights, gradient, slots } = parameters.get('dense/kernel');
    for (const array of [gradient, ...Object.values(slots)]) expect(array.buffer).toBe(weights.buffer);
  });

  it('uses the arena that it is given', () => {
    const arena = createArena({ bytesPerMemory: 65536 });
    const { buffer } = arena.float32(1);
    const other = parametersOf(model, { arena });
    expect(other.get('dense/bias').weights.buffer).toBe(buffer);
    other.dispose();
    expect(() => arena.float32(1)).not.toThrow();
  });

  it('leaves out frozen layers, and refuses a model that is all frozen', () => {
    model.layers[0]!.trainable = false;
    expect(() => parametersOf(model)).toThrow(UserError);
    model.add(tf.layers.dense({ units: 1, name: 'head' }));
    const other = parametersOf(model);
    expect(other.list.map(({ path }) => path)).toEqual(['head/kernel', 'head/bias']);
    other.dispose();
  });

  it('says which path it does not know', () => {
    expect(() => parameters.get('dense/kernels')).toThrow('dense/kernels');
    expect(() => parameters.setMask('x', undefined)).toThrow(UserError);
  });
});

describe('on the cpu backend', () => {
  it('makes the memory the storage of the variable', () => {
    const { variable, weights } = parameters.get('dense/kernel');
    expect(variable.dataSync()).toBe(weights);
    weights[0] = 10;
    expect(output(model)).toEqual([15, 8]);
  });

  it('takes over weights that someone sets, and shares memory again', () => {
    tf.tidy(() => model.setWeights([tf.ones([2, 2]), tf.zeros([2])]));
    const { variable, weights } = parameters.get('dense/kernel');
    expect(variable.dataSync()).not.toBe(weights);
    parameters.rebind();
    expect([...weights]).toEqual([1, 1, 1, 1]);
    expect(variable.dataSync()).toBe(weights);
  });

  it('takes over before it hands out or overwrites', () => {
    const { weights } = parameters.get('dense/bias');
    tf.tidy(() => model.setWeights([tf.ones([2, 2]), tf.fill([2], 9)]));
    expect([...parameters.snapshot().weights.get('dense/bias')!]).toEqual([9, 9]);
    tf.tidy(() => model.setWeights([tf.ones([2, 2]), tf.fill([2], 8)]));
    parameters.upload();
    expect([...weights]).toEqual([8, 8]);
  });

  it('keeps pruned weights 0 in what it takes over', () => {
    parameters.setMask('dense/bias', Uint8Array.of(0, 1));
    tf.tidy(() => model.setWeights([tf.ones([2, 2]), tf.fill([2], 9)]));
    parameters.rebind();
    expect(valuesOf(model)[1]).toEqual([0, 9]);
  });

  it('gives ordinary storage back on dispose', () => {
    const { variable, weights } = parameters.get('dense/kernel');
    weights[0] = 7;
    parameters.dispose();
    weights[0] = 100;
    expect([...variable.dataSync()]).toEqual([7, 2, 3, 4]);
  });

  it('leaves a disposed model alone', () => {
    const other = denseModel();
    const owned = parametersOf(other);
    other.dispose();
    expect(() => owned.dispose()).not.toThrow();
  });

  it('leaks no tensors', async () => {
    await expectNoLeak(() => {
      const own = denseModel();
      const owned = parametersOf(own, { slots: ['m'] });
      owned.rebind();
      tf.tidy(() => own.setWeights([tf.ones([2, 2]), tf.zeros([2])]));
      owned.setMask('dense/kernel', Uint8Array.of(1, 1, 0, 1));
      owned.restore(owned.snapshot());
      owned.dispose();
      own.dispose();
    });
  });
});

describe('on a backend that copies', () => {
  it('uploads the weights', () => {
    onCopyingBackend(() => {
      const other = denseModel();
      const copies = parametersOf(other);
      const { weights } = copies.get('dense/kernel');
      weights[0] = 10;
      expect(output(other)).toEqual([6, 8]);
      copies.upload();
      expect(output(other)).toEqual([15, 8]);
      weights[0] = 11;
      expect(output(other)).toEqual([15, 8]);
      other.dispose();
    });
  });

  it('takes over weights that someone sets, rather than overwriting them', () => {
    onCopyingBackend(() => {
      const other = denseModel();
      const copies = parametersOf(other);
      tf.tidy(() => other.setWeights([tf.ones([2, 2]), tf.zeros([2])]));
      copies.upload();
      expect(output(other)).toEqual([1, 1]);
      expect([...copies.get('dense/kernel').weights]).toEqual([1, 1, 1, 1]);
      other.dispose();
    });
  });

  it('gives the latest values back on dispose', () => {
    onCopyingBackend(() => {
      const other = denseModel();
      const copies = parametersOf(other);
      copies.get('dense/bias').weights[1] = 0;
      copies.dispose();
      expect(valuesOf(other)[1]).toEqual([5, 0]);
      other.dispose();
    });
  });

  it('follows a model from cpu to there and back', () => {
    const { weights, variable } = parameters.get('dense/kernel');
    onCopyingBackend(() => {
      expect(output(model)).toEqual([6, 8]); // tfjs moves the variable's data there
      weights[0] = 10;
      parameters.upload();
      expect(output(model)).toEqual([15, 8]);
    });
    weights[0] = 20;
    parameters.rebind();
    expect(variable.dataSync()).toBe(weights);
    expect(output(model)).toEqual([25, 8]);
  });
});

describe('masks', () => {
  it('zero weights and slots at once, and the model with them', () => {
    const { weights, slots, mask } = parameters.get('dense/kernel');
    for (const slot of Object.values(slots)) slot.fill(3);
    expect(mask).toBeUndefined();
    const given = Uint8Array.of(1, 0, 0, 1);
    parameters.setMask('dense/kernel', given);
    given.fill(1);
    expect([...parameters.get('dense/kernel').mask!]).toEqual([1, 0, 0, 1]);
    expect([...weights]).toEqual([1, 0, 0, 4]);
    expect([...slots.m!, ...slots.v!]).toEqual([3, 0, 0, 3, 3, 0, 0, 3]);
    expect(valuesOf(model)[0]).toEqual([1, 0, 0, 4]);
  });

  it('are lifted by undefined, and stay clear of the other weights', () => {
    parameters.setMask('dense/kernel', Uint8Array.of(0, 0, 0, 0));
    parameters.setMask('dense/kernel', undefined);
    expect(parameters.get('dense/kernel').mask).toBeUndefined();
    expect(valuesOf(model)).toEqual([
      [0, 0, 0, 0],
      [5, 6],
    ]);
  });

  it('reach a backend that copies', () => {
    onCopyingBackend(() => {
      const other = denseModel();
      parametersOf(other).setMask('dense/bias', Uint8Array.of(1, 0));
      expect(valuesOf(other)[1]).toEqual([5, 0]);
      other.dispose();
    });
  });

  it.each([[[1, 0, 1]], [[1, 0, 1, 2]], [[]]])(
    'refuses %j for four weights, and changes nothing',
    (values) => {
      expect(() => parameters.setMask('dense/kernel', Uint8Array.from(values))).toThrow(UserError);
      expect(parameters.get('dense/kernel').mask).toBeUndefined();
      expect(valuesOf(model)[0]).toEqual([1, 2, 3, 4]);
    },
  );
});

describe('snapshots', () => {
  it('copy, and go back by copying', () => {
    const { weights, slots, variable } = parameters.get('dense/kernel');
    slots.m!.fill(1);
    const snapshot = parameters.snapshot();
    const whole = parameters.snapshot({ slots: true });
    weights.fill(0);
    slots.m!.fill(2);
    parameters.restore(snapshot);
    expect([...weights]).toEqual([1, 2, 3, 4]);
    expect([...slots.m!]).toEqual([2, 2, 2, 2]);
    parameters.restore(whole);
    expect([...slots.m!]).toEqual([1, 1, 1, 1]);
    expect(variable.dataSync()).toBe(weights);
    weights.fill(0);
    expect([...snapshot.weights.get('dense/kernel')!]).toEqual([1, 2, 3, 4]);
  });

  it('leave pruned weights and slots at 0', () => {
    const { weights, slots } = parameters.get('dense/kernel');
    slots.v!.fill(1);
    const snapshot = parameters.snapshot({ slots: true });
    parameters.setMask('dense/kernel', Uint8Array.of(0, 1, 1, 1));
    parameters.restore(snapshot);
    expect([...weights, ...slots.v!]).toEqual([0, 2, 3, 4, 0, 1, 1, 1]);
  });

  it('reach a backend that copies', () => {
    onCopyingBackend(() => {
      const other = denseModel();
      const copies = parametersOf(other);
      const snapshot = copies.snapshot();
      copies.get('dense/bias').weights.fill(0);
      copies.upload();
      copies.restore(snapshot);
      expect(valuesOf(other)[1]).toEqual([5, 6]);
      other.dispose();
    });
  });

  it('of another model, or without the slots, are refused', () => {
    const other = embeddingModel();
    const others = parametersOf(other);
    expect(() => parameters.restore(others.snapshot())).toThrow(UserError);
    expect(() => parameters.restore({ ...parameters.snapshot(), slots: new Map() })).toThrow('dense/kernel');
    others.dispose();
    other.dispose();
  });
});
