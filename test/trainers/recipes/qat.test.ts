import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { Program } from '../../../lib/compile/program';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { attachmentsOf } from '../../../lib/core/attach';
import { forward } from '../../../lib/core/forward';
import { mlp } from '../../../lib/models/mlp';
import type { Callback } from '../../../trainers/callback';
import { eagerEngine } from '../../../trainers/engines/eager';
import { attachIntegerWeights } from '../../../trainers/recipes/integer-weights';
import { qat, QatOptions } from '../../../trainers/recipes/qat';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const quantize = (options: Partial<QatOptions> = {}) =>
  qat({
    ...{ setup: smallSetup(), folder, seed: 1, freezeObserversAt: 0.5 },
    ...{ inference: eagerEngine({ backend: 'cpu' }), ...options },
  });

it('reports the converted model, which answers as the prepared one, with bytes of int8 codes and scales', async () => {
  const x = tf.tensor2d([[0.5, -0.5, 0.1, 0.2, 0.3, 0.4]]);
  const answers: number[][] = [];
  const watch: Callback = {
    name: 'watch',
    async onTrainEnd({ model, engine }) {
      expect(attachmentsOf(model)).not.toHaveLength(0);
      const { data } = await engine.predict([
        { dtype: 'float32', shape: [1, 6], data: x.dataSync() as Float32Array },
      ]);
      answers.push([...data]);
    },
  };
  const outcomes = await quantize({
    observer: {
      callbacks: ({ method }) => (method === 'qat' ? [watch] : []),
      onTrained: (model, { method }) => {
        if (method !== 'qat') return;
        const revisions = attachmentsOf(model).map(({ transform }) => transform.revision);
        expect(revisions).toEqual(['stored codes', 'stored codes', 'stored codes']);
        answers.push([...tf.tidy(() => forward(model, [x], false).dataSync())]);
      },
    },
  });
  expect(answers).toHaveLength(2);
  expect(answers[1]).toEqual(answers[0]);
  expect(outcomes.map(({ method, bits }) => [method, bits])).toEqual([
    ['dense', undefined],
    ['qat', 8],
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
  await quantize({ observer: { callbacks: ({ method }) => (method === 'qat' ? [watch] : []) } });
  const frozen = observing.map((revision) => !revision.includes('observing'));
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
    const observer = { callbacks: ({ method }: { method: string }) => (method === 'qat' ? [breakOff] : []) };
    await expect(quantize({ observer })).rejects.toThrow(`after step ${step}`);
    expect(withoutSeconds(await quantize())).toEqual(withoutSeconds(whole));
  }
});

it('lets a compiled program multiply the stored codes as integers, for the same numbers', async () => {
  const subject = mlp({ inputSize: 6, hiddenSizes: [10, 10], outputSize: 2, seed: 1 });
  const x = tf.tensor2d([[0.5, -0.5, 0.1, 0.2, 0.3, 0.4]]);
  const prepared = prepare(subject, { quantization: {} });
  tf.tidy(() => forward(subject, [x], true)); // observes
  const converted = convert(prepared);
  const expected = tf.tidy(() => forward(converted.model, [x], false).arraySync());
  const inputs = [{ dtype: 'float32' as const, shape: [1, 6], data: x.dataSync() as Float32Array }];
  const attached = attachIntegerWeights(converted);
  expect(tf.tidy(() => forward(converted.model, [x], false).arraySync())).toEqual(expected);
  const program = await Program.compile((...xs) => forward(converted.model, xs, false), inputs, {
    integerPath: 'uint8',
  });
  const isMatmul = (op: string) => op.includes('MatMul');
  expect(program.operators.filter(isMatmul)).toEqual(new Array(3).fill('MatMulIntegerToFloat'));
  const [logits] = await program.run(inputs);
  Array.from(logits!.data).forEach((logit, i) =>
    expect(logit).toBeCloseTo((expected as number[][])[0]![i]!, 5),
  );
  attached.forEach((attachment) => attachment.detach());
  expect(attachmentsOf(converted.model)).toEqual([]);
  await program.release();
  prepared.detach();
  x.dispose();
  [subject, converted.model].forEach((model) => model.dispose());
});

it('leaves no tensors', async () => {
  const before = tf.memory().numTensors;
  await quantize();
  expect(tf.memory().numTensors).toBe(before);
});
