import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { adamW, sgd, type Optimizer, type StepOptions } from '../../trainers/optimizer';
import { parametersOf, type Parameters } from '../../trainers/parameters';
import { onCopyingBackend } from './copying-backend';

/** A kernel [2, 1] = 1 −2 and a bias [1] = 3. */
function createModel(): tf.Sequential {
  const weights = [tf.tensor2d([1, -2], [2, 1]), tf.tensor1d([3])];
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], name: 'dense' })] });
  model.setWeights(weights);
  tf.dispose(weights);
  return model;
}

let model: tf.Sequential;
let parameters: Parameters;

function prepare(optimizer: Optimizer): Optimizer {
  model = createModel();
  parameters = parametersOf(model, { slots: optimizer.slots });
  return optimizer;
}

function setGradients(kernel: number[], bias: number[]): void {
  parameters.get('dense/kernel').setGradient(Float32Array.from(kernel));
  parameters.get('dense/bias').setGradient(Float32Array.from(bias));
}

const kernel = (): number[] => [...parameters.get('dense/kernel').weights];
const bias = (): number => parameters.get('dense/bias').weights[0]!;

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => {
  parameters.dispose();
  model.dispose();
});

describe('adamW', () => {
  it('follows the formula in float64 over twenty steps of changing rates, decay on the kernel alone', () => {
    const optimizer = prepare(adamW());
    const state = [1, -2, 3].map((w) => ({ w, m: 0, v: 0 }));
    for (let step = 1; step <= 20; step++) {
      const gradients = state.map((_, i) => Math.fround(Math.sin(step * (i + 1))));
      const learningRate = 0.1 / step;
      setGradients(gradients.slice(0, 2), gradients.slice(2));
      optimizer.apply(parameters, { learningRate, step });
      state.forEach((s, i) => {
        const g = gradients[i]!;
        if (i < 2) s.w -= learningRate * 0.01 * s.w;
        s.m = 0.9 * s.m + 0.1 * g;
        s.v = 0.999 * s.v + 0.001 * g * g;
        s.w -= (learningRate * s.m) / (1 - 0.9 ** step) / (Math.sqrt(s.v / (1 - 0.999 ** step)) + 1e-8);
      });
    }
    [...kernel(), bias()].forEach((weight, i) => expect(Math.abs(weight - state[i]!.w)).toBeLessThan(2e-6));
  });

  it('decays a kernel, not a bias', () => {
    const optimizer = prepare(adamW({ weightDecay: 0.5 }));
    optimizer.apply(parameters, { learningRate: 0.5, step: 1 });
    expect(kernel()).toEqual([0.75, -1.5]);
    expect(bias()).toBe(3);
  });

  it.each([{ beta1: 1 }, { beta2: -0.1 }, { epsilon: -1 }, { weightDecay: NaN }])('refuses %j', (options) => {
    prepare(adamW());
    expect(() => adamW(options)).toThrow(UserError);
  });
});

describe('sgd', () => {
  it('accumulates velocity', () => {
    const optimizer = prepare(sgd({ momentum: 0.5 }));
    setGradients([1, 0], [2]);
    optimizer.apply(parameters, { learningRate: 0.25, step: 1 });
    optimizer.apply(parameters, { learningRate: 0.25, step: 2 });
    expect(kernel()).toEqual([1 - 0.25 - 0.375, -2]);
    expect(bias()).toBe(3 - 0.5 - 0.75);
  });

  it('looks ahead with Nesterov, and decays the kernel alone', () => {
    const optimizer = prepare(sgd({ momentum: 0.5, nesterov: true, weightDecay: 0.25 }));
    setGradients([0, 0.5], [1]);
    optimizer.apply(parameters, { learningRate: 0.5, step: 1 });
    expect(kernel()).toEqual([1 - 0.5 * 0.25 * 1.5, -2]);
    expect(bias()).toBe(3 - 0.5 * 1.5);
  });

  it.each([{ momentum: 1 }, { weightDecay: -1 }])('refuses %j', (options) => {
    prepare(sgd());
    expect(() => sgd(options)).toThrow(UserError);
  });
});

describe('a step', () => {
  const plain = (): Optimizer => prepare(sgd({ momentum: 0 }));
  const step = (options: Partial<StepOptions> = {}): StepOptions => ({
    learningRate: 1,
    step: 1,
    ...options,
  });

  it('reports the norm, and clips by it as PyTorch does', () => {
    const optimizer = plain();
    setGradients([3, 0], [4]);
    const { gradientNorm } = optimizer.apply(parameters, step({ clipNorm: 1 }));
    expect(gradientNorm).toBe(5);
    expect(kernel()[0]).toBeCloseTo(1 - 3 / (5 + 1e-6), 6);
    expect(bias()).toBeCloseTo(3 - 4 / (5 + 1e-6), 6);
  });

  it('leaves gradients alone that are within the norm', () => {
    const optimizer = plain();
    setGradients([3, 0], [4]);
    optimizer.apply(parameters, step({ clipNorm: 5.5 }));
    expect(kernel()).toEqual([-2, -2]);
    expect([...parameters.get('dense/kernel').gradient]).toEqual([3, 0]);
  });

  it('takes the mean over accumulated batches before it clips', () => {
    const optimizer = plain();
    setGradients([6, 0], [8]);
    const { gradientNorm } = optimizer.apply(parameters, step({ clipNorm: 5.5, accumulated: 2 }));
    expect(gradientNorm).toBe(5);
    expect(kernel()).toEqual([-2, -2]);
    expect(bias()).toBe(-1);
  });

  it('leaves what the masks drop out of the norm, and at 0', () => {
    const optimizer = prepare(adamW());
    parameters.setMask('dense/kernel', Uint8Array.of(0, 1));
    setGradients([NaN, 3], [4]);
    expect(optimizer.apply(parameters, step()).gradientNorm).toBe(5);
    const { weights, slots } = parameters.get('dense/kernel');
    expect([weights[0], slots.m![0], slots.v![0]]).toEqual([0, 0, 0]);
    expect(weights[1]).not.toBe(-2);
  });

  it('throws for a gradient that is not finite, names it, and changes nothing', () => {
    const optimizer = plain();
    setGradients([1, 2], [Infinity]);
    expect(() => optimizer.apply(parameters, step({ clipNorm: 1 }))).toThrow(
      '"dense/bias" is not finite at step 1',
    );
    expect([...kernel(), bias()]).toEqual([1, -2, 3]);
  });

  it('starts from weights that were set since the last one, and updates the model', () => {
    const optimizer = plain();
    tf.tidy(() => model.setWeights([tf.fill([2, 1], 10), tf.fill([1], 20)]));
    setGradients([1, 2], [3]);
    optimizer.apply(parameters, step());
    const values = tf.tidy(() => model.getWeights().map((weight) => [...weight.dataSync()]));
    expect(values).toEqual([[9, 8], [17]]);
  });

  it('updates a model on a backend that copies', () => {
    onCopyingBackend(() => {
      const optimizer = plain();
      setGradients([1, 2], [3]);
      optimizer.apply(parameters, step());
      const values = tf.tidy(() => model.getWeights().map((weight) => [...weight.dataSync()]));
      expect(values).toEqual([[0, -4], [0]]);
    });
  });

  it('gives the same bits for the same gradients', () => {
    const results = [1, 2].map(() => {
      const optimizer = prepare(adamW());
      for (let i = 1; i <= 5; i++) {
        setGradients([Math.sin(i), 0.3 * i], [-i]);
        optimizer.apply(parameters, step({ step: i, clipNorm: 1 }));
      }
      const result = [...kernel(), bias()];
      return result;
    });
    expect(results[0]).toEqual(results[1]);
  });

  it('says what is missing: slots, a step count, a learning rate, a norm', () => {
    const optimizer = prepare(adamW());
    expect(() => optimizer.apply(parameters, step({ step: 0 }))).toThrow(UserError);
    expect(() => optimizer.apply(parameters, step({ learningRate: NaN }))).toThrow(UserError);
    expect(() => optimizer.apply(parameters, step({ clipNorm: 0 }))).toThrow(UserError);
    expect(() => sgd().apply(parameters, step())).toThrow('slots: optimizer.slots');
  });
});
