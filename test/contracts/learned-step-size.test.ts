import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';
import { forward } from '../../lib/forward/forward';
import { parametersOf } from '../../trainers/parameters';

const {
  adamW,
  constantRate,
  convert,
  encode,
  fromTensors,
  int8,
  meanSquaredError,
  prepare,
  straightThrough,
  train,
} = whittle;

beforeAll(() => tf.setBackend('cpu'));

describe('a learned step size', () => {
  /** Esser et al., 2020 (arXiv:1902.08153), without its gradient scale: `step · round(clip(w / step, ±63))`. */
  function learnedStepSize(first: number): whittle.Encoder {
    const step = tf.variable(tf.scalar(first));
    const spec = int8();
    return {
      revision: 'learned step size',
      apply(weight) {
        const steps = weight.div(step).clipByValue(-63, 63);
        return straightThrough(steps, (x) => x.round()).mul(step);
      },
      trainables: () => ({ step: { variable: step, rateFactor: 0.1 } }),
      encode: (weight, mask) => encode(weight, spec, { mask, scales: step.dataSync() as Float32Array }),
      state: () => ({}),
      dispose: () => step.dispose(),
    };
  }

  function setUp() {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({
          name: 'dense',
          units: 2,
          inputShape: [4],
          kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }),
        }),
      ],
    });
    const xs = tf.randomNormal([32, 4], 0, 1, 'float32', 1);
    const data = fromTensors(xs, xs.slice([0, 0], [32, 2]), { batchSize: 8 });
    xs.dispose();
    const own = learnedStepSize(0.5);
    const attachment = whittle.attach(model.layers[0]!, 'kernel', own);
    const rest = {
      loss: meanSquaredError,
      data,
      optimizer: adamW(),
      learningRate: constantRate(0.05),
      steps: 12,
    };
    return { model, own, attachment, training: { model, ...rest } };
  }

  test.each([
    ['compiled', whittle.compiledEngine()],
    ['eager', whittle.eagerEngine({ backend: 'cpu' })],
  ])('trains with the weights, and its codes are what the model computes with (%s)', async (_, engine) => {
    const { model, own, attachment, training } = setUp();
    const { step } = own.trainables!();
    await train({ ...training, engine });
    expect(step!.variable.dataSync()[0]).not.toBe(0.5);
    const prepared = prepare(model, { input: () => whittle.minMax() });
    expect(prepared.skipped).toEqual([{ path: 'dense/kernel', why: 'its scheme has no weight' }]);
    const x = tf.randomNormal([5, 4], 0, 1, 'float32', 2);
    await whittle.calibrate(prepared, [[x]]);
    const { weights, model: converted } = convert(prepared);
    expect([...weights.get('dense/kernel')!.scales]).toEqual([...step!.variable.dataSync()]);
    const [before, after] = [model, converted].map((each) => [...forward(each, [x], false).dataSync()]);
    expect(after).toEqual(before);
    prepared.detach();
    attachment.detach();
    own.dispose();
  });

  test('is a parameter like a weight, under its layer’s path', async () => {
    const { training, own } = setUp();
    const seen: string[] = [];
    const watch: whittle.Callback = {
      name: 'watch',
      onTrainBegin: ({ parameters: { list } }) => void seen.push(...list.map(({ path }) => path)),
    };
    await train({ ...training, callbacks: [watch] });
    expect(seen).toEqual(['dense/kernel', 'dense/bias', 'dense/kernel/step']);
    own.dispose();
  });

  test('stopped and resumed, it ends with the same bits', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'step-size-'));
    const run = async (steps: number, at?: string) => {
      const { training, own } = setUp();
      await train({ ...training, steps, ...(at ? { checkpoint: { folder: at } } : {}) });
      const value = own.trainables!()['step']!.variable.dataSync()[0];
      own.dispose();
      return value;
    };
    const whole = await run(12);
    const checkpoints = path.join(folder, 'checkpoints');
    await run(5, checkpoints);
    expect(await run(12, checkpoints)).toBe(whole);
    fs.rmSync(folder, { recursive: true });
  });

  test('parameters that were made before it was attached are refused', async () => {
    const { model, own, attachment, training } = setUp();
    attachment.detach();
    const parameters = parametersOf(model, { slots: training.optimizer.slots });
    whittle.attach(model.layers[0]!, 'kernel', own);
    await expect(train({ ...training, parameters })).rejects.toThrow('"dense/kernel/step" is not among them');
    parameters.dispose();
    own.dispose();
  });
});
