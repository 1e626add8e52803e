import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Measure } from '../../../lib/analysis/measures/measure';
import type { PruningTable } from '../../../lib/analysis/sensitivity/pruning-sensitivity';
import type { SparsityRule } from '../../../lib/pruning/distributions/layerwise';
import { outputChannels } from '../../../lib/pruning/patterns/output-channels';
import { nOfM } from '../../../lib/pruning/patterns/n-of-m';
import { taylor } from '../../../lib/pruning/saliency';
import { layerwisePruning, LayerwisePruningOptions } from '../../../trainers/recipes/layerwise-pruning';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** How many weights go, in hundreds: layers of 60 and 100 weights lose in proportion to their size. */
const count: Measure = {
  name: 'count',
  open: async () => ({
    lossOf: async (changes) => {
      const gone = changes.flatMap(({ before, after }) => [...before].filter((x, i) => x !== after[i]));
      return gone.length / 100;
    },
  }),
};

const sparsities = [0.2, 0.4, 0.6];
const setup = smallSetup();
const prune = (options: Partial<LayerwisePruningOptions> = {}) =>
  layerwisePruning({
    ...{ setup, folder, seed: 1, losses: [0.3, 0.4], sparsities, measure: () => count },
    ...options,
  });

it('prunes each layer at once as far as it may lose so much, and tells the table and the rules', async () => {
  const [tables, told]: [PruningTable[], [readonly SparsityRule[], number][]] = [[], []];
  const outcomes = await prune({
    onMeasured: (table) => tables.push(table),
    onRules: (...rules) => told.push(rules),
  });
  expect(tables).toHaveLength(1);
  expect(tables[0]!.rows.map(({ loss }) => loss)).toEqual([0.12, 0.24, 0.36, 0.2, 0.4, 0.6]);
  expect(told.map(([rules, loss]) => [loss, ...rules.map(({ sparsity }) => sparsity)])).toEqual([
    [0.3, 0.4, 0.2],
    [0.4, 0.6, 0.4],
  ]);
  expect(outcomes.map(({ method, steps }) => [method, steps])).toEqual([
    ['dense', 12],
    ['rules-0.3', 0],
    ['rules-0.4', 0],
  ]);
  expect(outcomes.map(({ layers }) => layers.map(({ sparsity }) => sparsity))).toEqual([
    [0, 0],
    [0.4, 0.2],
    [0.6, 0.4],
  ]);
  expect(outcomes[1]!.metrics['loss']).not.toBe(outcomes[0]!.metrics['loss']);
});

it('measures once, whatever is lost; a run broken off while measuring ends with the same', async () => {
  let told = 0;
  const onProgress = () => {
    if (++told === 3) throw new Error('broken off');
  };
  await expect(prune({ listener: { onProgress } })).rejects.toThrow('broken off');
  const resumed = await prune();
  const file = path.join(folder, 'seed-1', 'sensitivity', 'outcome.json');
  const before = fs.statSync(file).mtimeMs;
  const more = await prune({ losses: [0.25] });
  expect(fs.statSync(file).mtimeMs).toBe(before);
  expect(more.map(({ method, sparsity }) => [method, sparsity])).toEqual([
    ['dense', 0],
    ['rules-0.25', (0.4 * 60 + 0.2 * 100) / 160],
  ]);
  fs.rmSync(folder, { recursive: true });
  expect(withoutSeconds(await prune())).toEqual(withoutSeconds(resumed));
});

it('tells how far it is', async () => {
  const told: [number, number][] = [];
  const onProgress = ({ done, total }: { done: number; total: number }) => told.push([done, total]);
  await prune({ listener: { onProgress } });
  expect(told).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6]));
});

it('by default measures noise at nine sparsities; a pattern has its own units', async () => {
  const tables: PruningTable[] = [];
  const outcomes = await prune({
    ...{ measure: undefined, sparsities: undefined, losses: [10], pattern: outputChannels },
    onMeasured: (table) => tables.push(table),
  });
  expect(tables[0]!.measure).toBe('output noise');
  expect(tables[0]!.rows).toHaveLength(2 * 9);
  expect(outcomes[1]!.layers.map(({ sparsity }) => sparsity)).toEqual([0.9, 0.9]);
});

it('leaves no tensors behind', async () => {
  await prune();
  const before = tf.memory().numTensors;
  fs.rmSync(folder, { recursive: true });
  await prune();
  expect(tf.memory().numTensors - before).toBe(0);
});

it.each<[Partial<LayerwisePruningOptions>, string]>([
  [{ losses: [] }, 'Expected different losses, at least one, of at least 0, got none'],
  [{ losses: [0.1, 0.1] }, 'got 0.1, 0.1'],
  [{ losses: [NaN] }, 'got NaN'],
  [{ losses: [-0.1] }, 'got -0.1'],
  [{ losses: [Infinity] }, 'got Infinity'],
  [{ sparsities: [0.5, 1] }, 'as fractions above 0 and below 1, got 0.5, 1'],
  [{ sparsities: [0, 0.5] }, 'got 0, 0.5'],
  [{ sparsities: [0.5, 0.5] }, 'got 0.5, 0.5'],
  [{ saliency: taylor }, 'a saliency that looks at weights alone'],
  [{ pattern: nOfM({ keep: 2, of: 4 }) }, 'Expected a sparsity of at most 0.5'],
  [{ pattern: nOfM({ keep: 3, of: 4 }), sparsities: [0.2] }, 'Expected a last axis but one that 4 divides'],
])('refuses %j before anything is trained', async (options, message) => {
  await expect(prune(options)).rejects.toThrow(message);
  expect(fs.existsSync(path.join(folder, 'seed-1'))).toBe(false);
});

it('refuses a loss that no layer keeps to, and keeps the table', async () => {
  await expect(prune({ losses: [0.4, 0] })).rejects.toThrow(
    'Expected a `loss` that some group keeps to, at least 0.12',
  );
  expect(fs.readdirSync(path.join(folder, 'seed-1'))).toEqual(['dense', 'sensitivity']);
  expect(await prune()).toHaveLength(3);
});
