import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { borrowBackend } from '../../../trainers/engines/borrowed-backend';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { eagerEngine } from '../../../trainers/engines/eager';
import { train } from '../../../trainers/trainer';
import { expectNoLeak } from '../../leaks';
import { classifierModel, classifierTraining, slopeModel, slopeTraining, weightValues } from '../toys';

const engines = [
  ['compiled', compiledEngine()],
  ['eager cpu', eagerEngine({ backend: 'cpu' })],
  ['eager wasm', eagerEngine({ backend: 'wasm' })],
] as const;

describe.each(['cpu', 'wasm'])('where tfjs is on %s', (backend) => {
  beforeEach(() => tf.setBackend(backend));

  it('backends that are borrowed one inside the other go back one after the other', async () => {
    const outer = await borrowBackend('cpu');
    const inner = await borrowBackend('wasm');
    expect(tf.getBackend()).toBe('wasm');
    inner.giveBack();
    expect(tf.getBackend()).toBe('cpu');
    outer.giveBack();
    expect(tf.getBackend()).toBe(backend);
  });

  it('the order in which they go back does not matter, and twice is once', async () => {
    const [first, second] = await Promise.all([borrowBackend('wasm'), borrowBackend('cpu')]);
    first.giveBack();
    first.giveBack();
    expect(tf.getBackend()).toBe('cpu');
    second.giveBack();
    expect(tf.getBackend()).toBe(backend);
    second.giveBack();
    expect(tf.getBackend()).toBe(backend);
  });

  it('a backend that is not there, or does not start, changes nothing', async () => {
    tf.registerBackend('broken', () => {
      throw new Error('no device');
    });
    await expect(borrowBackend('broken')).rejects.toThrow('The tfjs backend "broken" did not start');
    await expect(borrowBackend('none')).rejects.toThrow('Unknown tfjs backend "none"');
    expect(tf.getBackend()).toBe(backend);
    tf.removeBackend('broken');
  });

  it.each(engines)(
    'the %s engine trains to the same weights, readable there, and leaves it current',
    async (_, engine) => {
      const trained = async () => {
        const model = classifierModel(); // batch norm, whose averages a program writes itself
        const { losses } = await train(classifierTraining(model, { engine, steps: 4 }));
        const result = [...losses, ...weightValues(model)];
        model.dispose();
        return result;
      };
      const values = await trained();
      expect(tf.getBackend()).toBe(backend);
      await tf.setBackend('cpu');
      const expected = await trained();
      values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    },
  );

  it.each(engines)('a failed training on the %s engine leaves it current', async (_, engine) => {
    const fail = { name: 'fail', onGradients: () => Promise.reject(new Error('hook')) };
    const model = slopeModel();
    await expect(train(slopeTraining(model, { engine, steps: 1, callbacks: [fail] }))).rejects.toThrow(
      'hook',
    );
    expect(tf.getBackend()).toBe(backend);
    model.dispose();
  });

  it('an engine inside a training on another one sees the present weights, and gives back', async () => {
    const model = slopeModel();
    const seen: number[] = [];
    const look = {
      name: 'look',
      async onStepEnd() {
        const engine = eagerEngine({ backend: 'wasm' });
        const inner = slopeModel();
        inner.setWeights(model.getWeights());
        await train(slopeTraining(inner, { engine, steps: 1 }));
        seen.push(weightValues(inner)[0]!);
        inner.dispose();
      },
    };
    await train(slopeTraining(model, { engine: compiledEngine(), steps: 3, callbacks: [look] }));
    expect(seen).toEqual([-2, -2, -5]); // one more step from -1, -1 and -4, each on the first row
    expect(weightValues(model)).toEqual([-4, -2]);
    expect(tf.getBackend()).toBe(backend);
    model.dispose();
  });

  it('a callback that switches the backend slows a compiled training down, and no more', async () => {
    const model = slopeModel();
    const change = {
      name: 'change',
      async onStepEnd() {
        await tf.setBackend('wasm');
        tf.tidy(() => model.predict(tf.ones([1, 2])));
      },
    };
    await train(slopeTraining(model, { engine: compiledEngine(), steps: 3, callbacks: [change] }));
    expect(weightValues(model)).toEqual([-4, -2]);
    expect(tf.getBackend()).toBe(backend);
    model.dispose();
  });

  it.each(engines)('nothing is left behind by the %s engine', async (_, engine) => {
    await expectNoLeak(async () => {
      const model = slopeModel();
      await train(slopeTraining(model, { engine, steps: 2 }));
      model.dispose();
    });
  });
});
