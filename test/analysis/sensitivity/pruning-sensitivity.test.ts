import * as tf from '@tensorflow/tfjs';
import {
  defaultTargets,
  evaluate,
  fromTensors,
  meanSquaredError,
  mlp,
  outputNoise,
  outputChannels,
  scoreLoss,
  setMasks,
  sparsityOfRules,
  taylor,
  weightsOf,
} from '../../../index';
import { pruningCurves, sparsityRulesOf } from '../../../lib/analysis/sensitivity/pruning-curves';
import {
  pruningSensitivity,
  PruningSensitivityOptions,
  PruningTable,
} from '../../../lib/analysis/sensitivity/pruning-sensitivity';
import { readHost } from '../../../lib/core/host-tensor';
import { prune } from '../../../lib/pruning/prune';
import { predict } from '../../compress/models';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const open = async () => {
  const model = mlp({ inputSize: 4, hiddenSizes: [8, 6], outputSize: 2, seed: 2 });
  const x = tf.randomNormal([16, 4], 0, 1, 'float32', 1);
  return { model, x, measure: outputNoise({ data: [[await readHost(x)]] }) };
};

/** Of two lists of numbers. */
function noise(signal: readonly number[], values: readonly number[]): number {
  const power = signal.reduce((sum, value) => sum + value ** 2, 0);
  return signal.reduce((sum, value, i) => sum + (value - values[i]!) ** 2, 0) / power;
}

test('is what the model loses whose layer is pruned, the others being dense', async () => {
  const { model, x, measure } = await open();
  const floats = predict(model, [x]);
  const table = await pruningSensitivity(model, { measure, sparsities: [0.75, 0.25] });
  expect(
    table.rows.map(({ group, sparsity, parameters, zeros }) => [group, sparsity, parameters, zeros]),
  ).toEqual([
    ['hidden/0', 0.25, 32, 8],
    ['hidden/0', 0.75, 32, 24],
    ['hidden/1', 0.25, 48, 12],
    ['hidden/1', 0.75, 48, 36],
  ]);
  expect(predict(model, [x])).toEqual(floats);
  for (const { paths, sparsity, loss } of table.rows) {
    const one = weightsOf(model).find(({ path }) => path === `${paths[0]}/kernel`)!;
    const before = one.variable.dataSync().slice() as Float32Array;
    const masks = prune(
      sparsity,
      new Map([[one.path, { data: before, shape: one.variable.shape }]]),
      new Map(),
    );
    setMasks(model, masks);
    expect(Math.abs(loss / noise(floats, predict(model, [x])) - 1)).toBeLessThan(1e-4);
    tf.tidy(() => one.variable.assign(tf.tensor(before, one.variable.shape)));
  }
});

test('of groups, by patterns and a score; told row by row, and JSON', async () => {
  const { model, x } = await open();
  const dev = fromTensors(x, tf.zeros([16, 2]), { batchSize: 16 });
  const score = async (answers: Parameters<Parameters<typeof scoreLoss>[0]['score']>[0]) =>
    -(await evaluate(answers, dev, { loss: meanSquaredError }))['loss']!;
  const told: number[] = [];
  const options: PruningSensitivityOptions = {
    measure: scoreLoss({ score }),
    sparsities: [0.5],
    groups: { hidden: 'hidden/*', head: 'output' },
    pattern: outputChannels,
    onRow: ({ loss }) => told.push(loss),
  };
  const table = await pruningSensitivity(model, options);
  expect(table.rows.map(({ group, zeros }) => [group, zeros])).toEqual([
    ['hidden', 16 + 24],
    ['head', 6],
  ]);
  expect(table.rows.map(({ loss }) => loss)).toEqual(told);
  expect(JSON.parse(JSON.stringify(table))).toEqual(table);
});

test('leaves a model with latent masks, and one that fails, as it was', async () => {
  const { model, x, measure } = await open();
  const [first] = defaultTargets(model);
  const mask = Uint8Array.from({ length: 32 }, (_, i) => i % 2);
  setMasks(model, Object.assign(new Map([[first!.path, mask]]), { latent: new Set([first!.path]) }));
  const [before, weights] = [predict(model, [x]), model.getWeights().map((each) => [...each.dataSync()])];
  const table = await pruningSensitivity(model, { measure, sparsities: [0.5] });
  expect(table.rows[0]).toMatchObject({ group: 'hidden/0', zeros: 16, loss: 0 });
  const failing = { name: 'nothing', open: async () => ({ lossOf: async () => NaN }) };
  await expect(pruningSensitivity(model, { measure: failing, sparsities: [0.5] })).rejects.toThrow(
    'a finite loss of "hidden/0" at a sparsity of 0.5, got NaN',
  );
  expect(predict(model, [x])).toEqual(before);
  expect(model.getWeights().map((each) => [...each.dataSync()])).toEqual(weights);
});

test('leaves no tensors behind', async () => {
  const { model, measure } = await open();
  await expectNoLeak(async () => void (await pruningSensitivity(model, { measure, sparsities: [0.5] })));
});

test.each<[Partial<PruningSensitivityOptions>, string]>([
  [{ sparsities: [] }, 'at least one, above 0 and below 1, got none'],
  [{ sparsities: [0.5, 0.5] }, 'different sparsities'],
  [{ sparsities: [50] }, 'got 50'],
  [{ saliency: taylor }, 'looks at weights alone, got one that needs "weight times gradient"'],
  [{ groups: { a: 'hiden/*' } }, 'the nearest are hidden/0'],
])('refuses %j', async (options, message) => {
  const { model, measure } = await open();
  await expect(pruningSensitivity(model, { measure, ...options })).rejects.toThrow(message);
});

describe('of a table', () => {
  const row = (group: string, sparsity: number, loss: number) => {
    return { group, paths: [group], parameters: 10, zeros: 10 * sparsity, sparsity, loss };
  };
  const table: PruningTable = {
    measure: 'score',
    rows: [
      ...[row('a', 0.2, 0.01), row('a', 0.5, 0.03), row('a', 0.8, 0.02)],
      ...[row('b(1)', 0.2, -0.01), row('b(1)', 0.5, 0), row('b(1)', 0.8, 0.02)],
      ...[row('c', 0.2, 0.5), row('c', 0.5, 0.6), row('c', 0.8, 0.7)],
    ],
  };

  test('curves begin with the dense model', () => {
    expect(pruningCurves(table).get('c')).toEqual([
      { sparsity: 0, loss: 0 },
      { sparsity: 0.2, loss: 0.5 },
      { sparsity: 0.5, loss: 0.6 },
      { sparsity: 0.8, loss: 0.7 },
    ]);
  });

  test('rules prune each layer up to the first sparsity that loses too much', () => {
    const rules = sparsityRulesOf(table, { loss: 0.02 });
    expect(rules.map(({ sparsity }) => sparsity)).toEqual([0.2, 0.8, 0]);
    const weights = ['a', 'b(1)', 'c'].map((layer) => ({
      path: `${layer}/kernel`,
      variable: { shape: [10] },
    }));
    expect(sparsityOfRules(rules, weights)).toBeCloseTo(1 / 3, 12);
    expect(() => sparsityRulesOf({ ...table, rows: table.rows.slice(6) }, { loss: 0.1 })).toThrow(
      'a `loss` that some group keeps to, at least 0.5',
    );
    expect(() => sparsityRulesOf(table, { loss: NaN })).toThrow(
      'of at least 0 that each group may have, got NaN',
    );
  });
});
