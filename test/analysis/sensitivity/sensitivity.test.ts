import * as tf from '@tensorflow/tfjs';
import {
  calibrate,
  convert,
  evaluate,
  fp16,
  fromTensors,
  int4,
  int8,
  meanSquaredError,
  minMax,
  mlp,
  outputNoise,
  paretoFront,
  perGroup,
  prepare,
  report,
  revisionOf,
  Rules,
  rulesOf,
  scoreLoss,
  search,
  sensitivity,
  SensitivityOptions,
  SensitivityTable,
  setMasks,
  staticInt8,
  ternary,
  weightOnly,
  weightsOf,
} from '../../../index';
import { attachmentsOf } from '../../../lib/core/attach';
import { HostTensor, readHost } from '../../../lib/core/host-tensor';
import { cases, predict } from '../../compress/models';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const schemes = {
  float: 'skip',
  int8: staticInt8({ input: () => minMax() }),
  int4: weightOnly(int4(perGroup(0, 4))),
} as const;

const host = (xs: readonly tf.Tensor[]): Promise<HostTensor[]> => Promise.all(xs.map(readHost));

/** Of two lists of numbers. */
function noise(signal: readonly number[], values: readonly number[]): number {
  const power = signal.reduce((sum, value) => sum + value ** 2, 0);
  return signal.reduce((sum, value, i) => sum + (value - values[i]!) ** 2, 0) / power;
}

/** Answers of the model as rules make it, calibrated on the same batch. */
async function answersBy(model: tf.LayersModel, xs: tf.Tensor[], rules: Rules): Promise<number[]> {
  const prepared = prepare(model, rules);
  if (prepared.inputs.size > 0) await calibrate(prepared, [xs], { eager: true });
  const answers = predict(convert(prepared).model, xs);
  prepared.detach();
  return answers;
}

/** At most about ten. */
const some = <T>(rows: readonly T[]): T[] => rows.filter((_, i) => i % Math.ceil(rows.length / 10) === 0);

const lossIn = (table: SensitivityTable, group: string, choice: string): number =>
  table.rows.find((row) => row.group === group && row.choice === choice)!.loss;

describe.each(['a BERT', 'a nested model with masks', 'a sequential model'])('sensitivity of %s', (name) => {
  const open = async () => {
    const { model, inputs } = cases[name]!();
    const xs = inputs(1);
    const data = [await host(xs)];
    const options = { schemes, measure: outputNoise({ data }), calibration: data };
    return { model, xs, options, floats: predict(model, xs) };
  };

  test('one in is what rules for this group alone lose', async () => {
    const { model, xs, options, floats } = await open();
    const table = await sensitivity(model, options);
    for (const { group, paths, choice, loss } of some(
      table.rows.filter(({ choice }) => choice !== 'float'),
    )) {
      const rules = rulesOf({ choices: [{ group, paths, choice }] }, schemes);
      const expected = noise(floats, await answersBy(model, xs, rules));
      expect(Math.abs(Math.sqrt(loss) - Math.sqrt(expected))).toBeLessThan(1e-6); // as outputs differ by rounding
    }
    expect(table.measure).toBe('output noise, one in');
    expect(table.rows.filter(({ choice }) => choice === 'float').every(({ loss }) => loss === 0)).toBe(true);
  });

  test('one out is what rules for all lose more than rules for all but this group', async () => {
    const { model, xs, options, floats } = await open();
    const table = await sensitivity(model, { ...options, compare: 'oneOut' });
    const all = noise(floats, await answersBy(model, xs, schemes.int4));
    for (const { group, paths, loss } of some(table.rows.filter(({ choice }) => choice === 'int4'))) {
      const rules = [
        { match: '**', use: schemes.int4 },
        ...rulesOf({ choices: [{ group, paths, choice: 'float' }] }, schemes),
      ];
      const expected = all - noise(floats, await answersBy(model, xs, rules));
      expect(Math.abs(loss - expected)).toBeLessThan(1e-4 * all);
    }
    expect(table.measure).toBe('output noise, one out');
  });

  test('what a search finds takes the bytes that it says, once it is converted', async () => {
    const { model, xs, options } = await open();
    const table = await sensitivity(model, options);
    const front = paretoFront(table, 'bytes');
    for (const solution of [front[0]!, front[Math.floor(front.length / 2)]!]) {
      const prepared = prepare(model, rulesOf(search(table, { bytes: solution.bytes }), schemes));
      if (prepared.inputs.size > 0) await calibrate(prepared, [xs]);
      expect(report(convert(prepared)).total.bytes).toBe(solution.bytes);
      prepared.detach();
    }
    expect(front.at(-1)!.loss).toBe(0);
  });

  test('leaves the model as it was, and nothing behind', async () => {
    const { model, options, floats, xs } = await open();
    const revision = revisionOf(model);
    await expectNoLeak(async () => void (await sensitivity(model, options)));
    expect(predict(model, xs)).toEqual(floats);
    expect([revisionOf(model), attachmentsOf(model)]).toEqual([revision, []]);
  });
});

describe('sensitivity', () => {
  const model = () => mlp({ inputSize: 4, hiddenSizes: [6, 5], outputSize: 3, seed: 1 });
  const batch = async () => host([tf.randomNormal([8, 4], 0, 1, 'float32', 1)]);
  const options = async (): Promise<SensitivityOptions> => {
    const data = [await batch()];
    return { schemes, measure: outputNoise({ data }), calibration: data };
  };

  test('tells what each choice takes, and the same again', async () => {
    const table = await sensitivity(model(), await options());
    expect(table.rest).toEqual({ parameters: 14, bytes: 56 });
    expect(table.rows.slice(0, 3)).toEqual([
      {
        group: 'hidden/0',
        paths: ['hidden/0'],
        choice: 'float',
        parameters: 24,
        bytes: 96,
        bits: 32,
        loss: 0,
      },
      expect.objectContaining({ choice: 'int8', bytes: 24 + 6 * 4, bits: 16 }),
      expect.objectContaining({ choice: 'int4', bytes: 12 + 6 * 4, bits: 12 }),
    ]);
    expect(await sensitivity(model(), await options())).toEqual(table);
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);
  });

  test('of halves and ternary codes', async () => {
    const other = { fp16: weightOnly(fp16()), ternary: weightOnly(ternary(perGroup(0, 4))) };
    const table = await sensitivity(model(), { ...(await options()), schemes: other });
    expect(table.rows.slice(0, 2).map(({ choice, bytes }) => [choice, bytes])).toEqual([
      ['fp16', 24 * 2],
      ['ternary', 24 / 4 + 6 * 4],
    ]);
    expect(lossIn(table, 'hidden/0', 'fp16')).toBeLessThan(1e-6);
    expect(lossIn(table, 'hidden/0', 'ternary')).toBeGreaterThan(1e-2);
  });

  test('op by op gives nearly the same', async () => {
    const compiled = await sensitivity(model(), await options());
    const eager = await sensitivity(model(), { ...(await options()), eager: true });
    eager.rows.forEach(({ loss }, i) => expect(loss).toBeCloseTo(compiled.rows[i]!.loss, 6));
  });

  test('groups by patterns; what is in none stays in floats', async () => {
    const groups = { body: ['hidden/*'] };
    const told: string[] = [];
    const onRow = ({ group, choice }: { group: string; choice: string }) => told.push(`${group} ${choice}`);
    const table = await sensitivity(model(), { ...(await options()), groups, onRow });
    expect(told).toEqual(['body float', 'body int8', 'body int4']);
    expect(table.rows[0]).toMatchObject({ paths: ['hidden/0', 'hidden/1'], parameters: 24 + 30 });
    expect(table.rest.parameters).toBe(14 + 15);
  });

  test('keeps layers together that consume one tensor, where schemes differ in what they make of it', async () => {
    const { model: twoWays, inputs } = cases['a BERT']!();
    const data = [await host(inputs(1))];
    const two = { a: staticInt8(), b: staticInt8({ input: () => minMax() }) };
    const table = await sensitivity(twoWays, {
      schemes: two,
      measure: outputNoise({ data }),
      calibration: data,
    });
    const group = ['query', 'key', 'value'].map((part) => `encoder/0/attention/${part}`);
    expect(table.rows).toContainEqual(expect.objectContaining({ group: group.join(' + '), paths: group }));
    expect(table.rows).toContainEqual(expect.objectContaining({ group: 'embeddings/token' }));
    prepare(twoWays, rulesOf(search(table, { bytes: Infinity }), two)).detach(); // nothing contradicts itself
  });

  test('a pruned weight stays 0', async () => {
    const pruned = model();
    setMasks(pruned, new Map([['hidden/0/kernel', Uint8Array.from({ length: 24 }, (_, i) => i % 2)]]));
    const affine = weightOnly({ ...int8(), signed: false, symmetric: false, narrowRange: false });
    const data = [await batch()];
    const table = await sensitivity(pruned, { schemes: { affine }, measure: outputNoise({ data }) });
    const xs = data[0]!.map(({ data: values, shape }) => tf.tensor(values, shape));
    const floats = predict(pruned, xs);
    const expected = noise(floats, await answersBy(pruned, xs, [{ match: 'hidden/0', use: affine }]));
    expect(lossIn(table, 'hidden/0', 'affine') / expected).toBeCloseTo(1, 3);
  });

  test('by a score of evaluate’s', async () => {
    const xs = tf.randomNormal([32, 4], 0, 1, 'float32', 2);
    const dev = fromTensors(xs, tf.zeros([32, 3]), { batchSize: 10, shuffle: false });
    const subject = model();
    const score = async (answers: Parameters<typeof evaluate>[0]) =>
      -(await evaluate(answers, dev, { loss: meanSquaredError }))['loss']!;
    const table = await sensitivity(subject, {
      schemes: { int4: schemes.int4 },
      measure: scoreLoss({ score }),
    });
    const floats = await score(subject);
    const prepared = prepare(subject, [{ match: 'hidden/1', use: schemes.int4 }]);
    const quantized = await score(convert(prepared));
    prepared.detach();
    expect(lossIn(table, 'hidden/1', 'int4')).toBeCloseTo(floats - quantized, 6);
    expect(floats).not.toBe(quantized);
  });

  test('refuses the second of two at once on one model, and the first goes on', async () => {
    const subject = model();
    const runs = await Promise.allSettled([
      sensitivity(subject, await options()),
      sensitivity(subject, await options()),
    ]);
    const [done, refused] = [...runs].sort((a, b) => a.status.localeCompare(b.status));
    expect(refused).toMatchObject({ reason: { message: expect.stringContaining('detach it first') } });
    expect(done).toMatchObject({ value: await sensitivity(model(), await options()) });
  });

  const broken = { name: 'broken', open: async () => ({ lossOf: async () => NaN }) };
  const throwing = scoreLoss({
    score: async ({ inference }) => (await (await inference()).predict([])).data[0]!,
  });
  test.each<[string, Partial<SensitivityOptions>, string]>([
    ['no schemes', { schemes: {} }, 'at least one scheme'],
    ['no calibration data', { calibration: undefined }, 'since the scheme "int8" quantizes inputs'],
    ['empty calibration data', { calibration: [] }, 'Expected data to calibrate'],
    ['a pattern that matches nothing', { groups: { a: 'hiden/*' } }, 'the nearest are hidden/0'],
    ['a layer in two groups', { groups: { a: '**', b: 'hidden/1' } }, 'got "hidden/1" in "a" and "b"'],
    ['no groups', { groups: {} }, 'Expected at least one group'],
    ['a loss that is no number', { measure: broken }, 'finite loss of "int8" for "hidden/0", got NaN'],
    ['no data', { measure: outputNoise({ data: [] }) }, 'Expected at least one batch'],
    ['a score that throws', { measure: throwing }, 'Expected 1 input tensor(s)'],
    ['a scheme of nothing', { schemes: { none: {} } }, 'its scheme has no weight'],
  ])('refuses %s, and leaves the model alone', async (_, wrong, message) => {
    const subject = model();
    const before = weightsOf(subject).map(({ variable }) => [...variable.dataSync()]);
    const [given, revision, tensors] = [await options(), revisionOf(subject), tf.memory().numTensors];
    await expect(sensitivity(subject, { ...given, ...wrong })).rejects.toThrow(message);
    expect(weightsOf(subject).map(({ variable }) => [...variable.dataSync()])).toEqual(before);
    expect([revisionOf(subject), tf.memory().numTensors, attachmentsOf(subject)]).toEqual([
      revision,
      tensors,
      [],
    ]);
  });

  test('refuses outputs of nothing but 0', async () => {
    const zeros = mlp({ inputSize: 4, hiddenSizes: [], outputSize: 3, seed: 1 });
    zeros.setWeights(zeros.getWeights().map((weight) => tf.zerosLike(weight)));
    await expect(sensitivity(zeros, await options())).rejects.toThrow('not all 0');
  });

  test('refuses a model without kernels', async () => {
    const nothing = tf.sequential({ layers: [tf.layers.reLU({ inputShape: [4] })] });
    await expect(sensitivity(nothing, await options())).rejects.toThrow('Expected kernels or tables in');
  });
});
