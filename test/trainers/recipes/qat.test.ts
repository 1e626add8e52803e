import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { attachmentsOf } from '../../../lib/core/attach';
import { forward } from '../../../lib/forward/forward';
import type { Callback } from '../../../trainers/callback';
import { lsq, pact, weightOnly } from '../../../lib/compress/scheme';
import { perChannel, perChannelGroup } from '../../../lib/quantization/granularity';
import { int4, ternary } from '../../../lib/quantization/spec';
import { compressedOf } from '../../../lib/compress/compressed';
import { qat, QatOptions } from '../../../trainers/recipes/qat';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const quantize = (options: Partial<QatOptions> = {}) =>
  qat({
    ...{ setup: smallSetup(), folder, seed: 1, freezeObserversAt: 0.5 },
    ...options,
  });

it('reports the converted model, which answers as the prepared one, with bytes of int8 codes and scales', async () => {
  const x = tf.tensor2d([[0.5, -0.5, 0.1, 0.2, 0.3, 0.4]]);
  const answers: number[][] = [];
  const watch: Callback = {
    name: 'watch',
    async onTrainEnd({ model, engine }) {
      expect(attachmentsOf(model)).not.toHaveLength(0);
      const inference = await engine.inference();
      const { data } = await inference.predict([
        { dtype: 'float32', shape: [1, 6], data: x.dataSync() as Float32Array },
      ]);
      answers.push([...data]);
    },
  };
  const outcomes = await quantize({
    listener: {
      callbacks: ({ method }) => (method === 'qat' ? [watch] : []),
      onTrained: (trained, { method }) => {
        if (method !== 'qat') return;
        const { model, weights } = compressedOf(trained);
        expect([...weights.keys()]).toEqual(['hidden/0/kernel', 'hidden/1/kernel', 'output/kernel']);
        expect(attachmentsOf(model)).toEqual([]);
        answers.push([...tf.tidy(() => forward(model, [x], false).dataSync())]);
      },
    },
  });
  expect(answers).toHaveLength(2);
  expect(answers[1]).toEqual(answers[0]);
  expect(outcomes.map(({ method, bits }) => [method, bits])).toEqual([
    ['dense', undefined],
    ['qat', 7],
  ]);
  // kernels 60 + 100 + 20 codes, 22 scales; biases 22 floats
  expect(outcomes.map(({ bytes }) => bytes)).toEqual([4 * 202, 180 + 4 * 22 + 4 * 22]);
  x.dispose();
});

it('freezes the observers late', async () => {
  const observing: string[] = [];
  const watch: Callback = {
    name: 'watch',
    onStepEnd: ({ model }) =>
      void observing.push(
        attachmentsOf(model)
          .map(({ transform }) => transform.revision)
          .join(),
      ),
  };
  await quantize({ listener: { callbacks: ({ method }) => (method === 'qat' ? [watch] : []) } });
  const frozen = observing.map((revision) => !revision.includes('both'));
  expect(frozen).toEqual([...new Array(5).fill(false), ...new Array(7).fill(true)]);
});

it('goes on where it was broken off, before and after the freeze, and ends with the same outcomes', async () => {
  const whole = await quantize();
  for (const step of [3, 9]) {
    fs.rmSync(folder, { recursive: true });
    const breakOff: Callback = {
      name: 'watch',
      onStepEnd: (training) => void (training.step === step && training.interrupt('a test')),
    };
    const listener = { callbacks: ({ method }: { method: string }) => (method === 'qat' ? [breakOff] : []) };
    await expect(quantize({ listener })).rejects.toThrow(`after step ${step}`);
    expect(withoutSeconds(await quantize())).toEqual(withoutSeconds(whole));
  }
});

it.each([
  ['lsq', () => lsq({ weight: int4(perChannel()) }), 4],
  ['pact', () => pact(), 7],
  ['ternary', () => weightOnly(ternary(perChannelGroup(5))), 2],
])('begins late with any scheme, under a name of its own: %s', async (method, scheme, bits) => {
  const modes: string[] = [];
  const watch: Callback = {
    name: 'watch',
    onStepEnd: ({ model }) =>
      void modes.push(attachmentsOf(model)[0]!.transform.revision.includes('observe') ? 'observe' : 'on'),
  };
  const outcomes = await quantize({
    methods: [{ name: method, rules: scheme() }],
    beginAt: 0.3,
    listener: { callbacks: (label) => (label.method === method ? [watch] : []) },
  });
  expect(outcomes.map((outcome) => [outcome.method, outcome.bits])).toEqual([
    ['dense', undefined],
    [method, bits],
  ]);
  expect(modes).toEqual([...new Array<string>(2).fill('observe'), ...new Array<string>(10).fill('on')]);
});

it.each([
  [1, 1, 'begin earlier or freeze later'],
  [0.6, 0.5, 'begin earlier or freeze later'],
  [-0.1, 0.5, 'begin earlier or freeze later'],
  [NaN, 0.5, 'begin earlier or freeze later'],
  [0, 1.1, 'freeze earlier'],
])(
  'is refused before anything is trained where it begins at %p and freezes at %p',
  async (beginAt, freezeAt, advice) => {
    await expect(quantize({ beginAt, freezeObserversAt: freezeAt })).rejects.toThrow(
      `got beginAt ${beginAt} and freezeObserversAt ${freezeAt}; ${advice}.`,
    );
    expect(fs.readdirSync(folder)).toEqual([]);
  },
);

it('gives every method a row of its own, with what its file costs where that is asked for', async () => {
  const outcomes = await quantize({
    methods: [
      { name: 'lsq', rules: lsq() },
      { name: 'w8', rules: weightOnly() },
    ],
    footprint: { runs: 1, threads: 1 },
  });
  expect(outcomes.map(({ method }) => method)).toEqual(['dense', 'lsq', 'w8']);
  const [dense, ...quantized] = outcomes.map(({ footprint }) => footprint!.fileBytes);
  quantized.forEach((bytes) => expect(bytes).not.toBe(dense));
  const again = await quantize({ footprint: { runs: 1, threads: 1 } });
  expect(again[0]).toEqual(outcomes[0]); // found finished
});

it.each([[['qat', 'qat']], [['dense']], [['a/b']], [['']]])(
  'refuses methods called %j before anything is trained',
  async (names) => {
    const methods = names.map((name) => ({ name, rules: weightOnly() }));
    await expect(quantize({ methods })).rejects.toThrow('Expected methods with names of their own');
    expect(fs.readdirSync(folder)).toEqual([]);
  },
);

it('leaves no tensors', async () => {
  const before = tf.memory().numTensors;
  await quantize({ footprint: { runs: 1, threads: 1 } });
  expect(tf.memory().numTensors).toBe(before);
});
