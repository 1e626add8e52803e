import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as ort from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';
import { forward } from '../../lib/forward/forward';
import { hostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import type { EngineFactory } from '../../trainers/engine';
import { Interrupted } from '../../trainers/interrupted';

const { int4, int8, lsq, pact, perChannel, perChannelGroup, perTensor, ternary, weightOnly } = whittle;

beforeAll(() => tf.setBackend('cpu'));

const SCHEMES: Record<string, () => whittle.Scheme> = {
  'LSQ of 7 bits': () => lsq(),
  'LSQ of 4 bits, of layers': () => lsq({ weight: int4(perTensor()) }),
  'LSQ of 2 bits in groups': () => lsq({ weight: { ...int4(perChannelGroup(4)), bits: 2 } }),
  'LSQ, symmetric inputs': () =>
    lsq({ input: () => whittle.movingAverage({ spec: { ...whittle.uint8(), symmetric: true } }) }),
  PACT: () => pact(),
  'ternary weights': () => weightOnly(ternary(perChannelGroup(4))),
};

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const eager = whittle.eagerEngine({ backend: 'cpu' });
const compiled = whittle.compiledEngine({ threads: 1 });

/** A perceptron whose second layer has inputs of both signs, prepared, and how it is trained. */
function setUp(scheme: whittle.Scheme, options: Partial<whittle.TrainOptions> = {}) {
  const dense = (name: string, units: number, seed: number, rest: object = {}) =>
    tf.layers.dense({
      name,
      units,
      kernelInitializer: tf.initializers.glorotNormal({ seed }),
      ...rest,
    });
  const model = tf.sequential({
    layers: [
      dense('first', 8, 1, { inputShape: [6], activation: 'tanh' }),
      dense('second', 8, 2, { activation: 'relu' }),
      dense('third', 2, 3),
    ],
  });
  const xs = random([40, 6], 1);
  const ys = tf.tidy(() => xs.slice([0, 0], [40, 2]).mul(2));
  const data = whittle.fromTensors(xs, ys, { batchSize: 8 });
  tf.dispose([xs, ys]);
  const prepared = whittle.prepare(model, scheme);
  const training: whittle.TrainOptions = {
    model,
    data,
    loss: whittle.meanSquaredError,
    optimizer: whittle.adamW(),
    learningRate: whittle.constantRate(0.01),
    steps: 12,
    engine: eager,
    callbacks: [whittle.quantization({ prepared, freezeObserversAt: 8 })],
    ...options,
  };
  return { model, prepared, training };
}

const trainablesIn = ({ weights, inputs }: whittle.Prepared): number[][] =>
  [...weights.values(), ...inputs.values()].flatMap((quantizer) =>
    Object.values(quantizer.trainables?.() ?? {}).map(({ variable }) => [...variable.dataSync()]),
  );

const stateOf = (model: tf.LayersModel, prepared: whittle.Prepared): number[][] => [
  ...weightsOf(model).map(({ variable }) => [...variable.dataSync()]),
  ...trainablesIn(prepared),
];

describe.each(Object.entries(SCHEMES))('%s', (name, scheme) => {
  const learns = !name.startsWith('ternary');

  test('a compiled training is the eager one', async () => {
    const run = async (engine: EngineFactory) => {
      // Not Adam, which makes a step of a whole learning rate of a gradient that is 0 but for rounding.
      const gently = { optimizer: whittle.sgd(), learningRate: whittle.constantRate(0.001) };
      const { model, prepared, training } = setUp(scheme(), { engine, ...gently });
      prepared.setIntegerPath(false);
      const { losses } = await whittle.train(training);
      const learned = trainablesIn(prepared);
      prepared.detach();
      model.dispose();
      return { losses, learned };
    };
    const [one, other] = [await run(eager), await run(compiled)];
    one.losses.forEach((loss, i) => expect(other.losses[i]! / loss).toBeCloseTo(1, 4));
    one.learned.flat().forEach((value, i) => expect(other.learned.flat()[i]).toBeCloseTo(value, 4));
    expect(one.learned.length > 0).toBe(learns);
  });

  test('the prepared model, the converted one and its file give the same bits', async () => {
    const { model, prepared, training } = setUp(scheme(), { engine: compiled });
    await whittle.train(training);
    const x = random([5, 6], 9);
    const host = hostTensor(x.dataSync() as Float32Array, [5, 6]);
    const compressed = whittle.convert(prepared);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'learned-'));
    whittle.exportOnnx(compressed, path.join(folder, 'model.onnx'));
    const session = await ort.InferenceSession.create(path.join(folder, 'model.onnx'));
    const inputName = session.inputNames[0]!;
    const outputs = await session.run({
      [inputName]: new ort.Tensor('float32', host.data as Float32Array, [5, 6]),
    });
    const file = [...(outputs[session.outputNames[0]!]!.data as Float32Array)];
    await session.release();
    fs.rmSync(folder, { recursive: true });

    const before = [...tf.tidy(() => forward(model, [x], false).dataSync())];
    expect([...tf.tidy(() => forward(compressed.model, [x], false).dataSync())]).toEqual(before);
    const answers = [];
    for (const subject of [model, compressed]) {
      const inference = await whittle.inferenceOf(subject);
      answers.push([...(await inference.predict([host])).data]);
      await inference.dispose();
    }
    expect(answers).toEqual([file, file]);
    before.forEach((value, i) => expect(file[i]).toBeCloseTo(value, 4));
    prepared.detach();
  });

  test('stopped before and after quantization begins, and resumed, it ends with the same bits', async () => {
    const run = async (steps: number, folder?: string) => {
      const { model, prepared, training } = setUp(scheme(), { engine: compiled, steps: 12 });
      const stop: whittle.Callback = {
        name: 'stop',
        onStepEnd: (now) => void (now.step === steps && steps < 12 && now.interrupt('a test')),
      };
      const callbacks = [whittle.quantization({ prepared, beginStep: 4, freezeObserversAt: 8 }), stop];
      const checkpoint = folder ? { checkpoint: { folder } } : {};
      await whittle.train({ ...training, callbacks, ...checkpoint }).catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
      });
      const state = stateOf(model, prepared);
      prepared.detach();
      model.dispose();
      return state;
    };
    const whole = await run(12);
    for (const step of [3, 4, 6]) {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'learned-'));
      await run(step, path.join(folder, 'checkpoints'));
      expect(await run(12, path.join(folder, 'checkpoints'))).toEqual(whole);
      fs.rmSync(folder, { recursive: true });
    }
  });
});

test('a delayed start trains in floats, then steps begin with the weights of then', async () => {
  const { model, prepared, training } = setUp(lsq());
  const step = () => [...prepared.weights.get('first/kernel')!.trainables!()['step']!.variable.dataSync()];
  const kernel = () => [...weightsOf(model)[0]!.variable.dataSync()];
  const first = step();
  const seen: { step: number[]; largest: number; mode: string }[] = [];
  const watch: whittle.Callback = {
    name: 'watch',
    onStepEnd: () => {
      const column = kernel().filter((_, i) => i % 8 === 0);
      const largest = Math.max(...column.map(Math.abs));
      seen.push({ step: step(), largest, mode: prepared.weights.get('first/kernel')!.mode });
    },
  };
  const callbacks = [whittle.quantization({ prepared, beginStep: 4, freezeObserversAt: 8 }), watch];
  await whittle.train({ ...training, callbacks });
  expect(seen.map(({ mode }) => mode)).toEqual([
    ...new Array<string>(3).fill('observe'),
    ...new Array<string>(4).fill('both'),
    ...new Array<string>(5).fill('quantize'),
  ]);
  seen.slice(0, 3).forEach((now) => expect(now.step).toEqual(first));
  expect(seen[3]!.step[0]).toBe(Math.fround(seen[3]!.largest / 63));
  expect(seen[4]!.step).not.toEqual(seen[3]!.step);
  expect(seen[11]!.step).not.toEqual(seen[10]!.step); // what is learned does not freeze
  prepared.detach();
});

test('what is learned are parameters under the layer’s path, without decay but for PACT', async () => {
  const decays = async (scheme: whittle.Scheme) => {
    const { prepared, training } = setUp(scheme, { steps: 1 });
    const found: [string, boolean][] = [];
    const watch: whittle.Callback = {
      name: 'watch',
      onTrainBegin: ({ parameters: { list } }) =>
        void found.push(
          ...list.slice(6, 10).map(({ path: place, decay }): [string, boolean] => [place, decay]),
        ),
    };
    await whittle.train({ ...training, callbacks: [watch] });
    prepared.detach();
    return found;
  };
  expect(await decays(lsq())).toEqual([
    ['first/kernel/step', false],
    ['first/input/low', false],
    ['first/input/high', false],
    ['second/kernel/step', false],
  ]);
  expect(await decays(pact())).toEqual([
    ['first/input/low', true],
    ['first/input/high', true],
    ['second/input/low', true],
    ['second/input/high', true],
  ]);
});

test('ranges of a calibration are where learning begins', async () => {
  const { model, prepared, training } = setUp(lsq(), { steps: 1 });
  const xs = random([64, 6], 5);
  await whittle.calibrate(prepared, [[xs]]);
  const { scale } = tf.tidy(() => prepared.inputs.get('first')!.observer!.qparams());
  await whittle.train({ ...training, learningRate: whittle.constantRate(0), callbacks: [] });
  const [low, high] = Object.values(prepared.inputs.get('first')!.trainables!());
  expect(high!.variable.dataSync()[0]! - low!.variable.dataSync()[0]!).toBeCloseTo(scale.dataSync()[0]!, 7);
  prepared.detach();
  model.dispose();
});

test('ternary weights learn from a teacher on the compiled engine', async () => {
  const teacher = setUp({ weight: int8(perChannel()) });
  await whittle.train({ ...teacher.training, steps: 60, engine: compiled });
  teacher.prepared.detach();
  const { prepared, training } = setUp(weightOnly(ternary(perChannelGroup(4))), { engine: compiled });
  const loss = whittle.distillation({
    teacher: teacher.model,
    weight: 0.9,
    soft: whittle.meanSquaredError,
    hard: whittle.meanSquaredError,
    hidden: [{ student: 'first', teacher: 'first' }],
  });
  const { losses } = await whittle.train({ ...training, loss, steps: 60 });
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  const { weights } = whittle.convert(prepared);
  for (const encoded of weights.values()) {
    expect(whittle.codesOf(encoded).every((code) => Math.abs(code) <= 1)).toBe(true);
  }
  prepared.detach();
});

test.each([
  [ternary(perChannel()), 'ternary'],
  [whittle.fp16(), 'fp16'],
  [whittle.uint8(), '8 bits'],
])('steps of other codes are refused: %#', (weight, described) => {
  const model = whittle.mlp({ inputSize: 4, hiddenSizes: [], outputSize: 1 });
  expect(() => whittle.prepare(model, { weight, range: 'learned' })).toThrow(
    new RegExp(`^Expected symmetric, narrow integer codes .* of "output/kernel" with, got ${described}`),
  );
  whittle.prepare(model, { weight: int8(perChannel()), range: 'learned' }).detach(); // as it was
});

test('tables keep the ranges of their rows', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ name: 'words', inputDim: 5, outputDim: 4, inputLength: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'head', units: 1 }),
    ],
  });
  const prepared = whittle.prepare(model, lsq());
  const learns = [...prepared.weights].map(([place, quantizer]) => [place, 'trainables' in quantizer]);
  expect(learns).toEqual([
    ['words/embeddings', false],
    ['head/kernel', true],
  ]);
  prepared.detach();
});
