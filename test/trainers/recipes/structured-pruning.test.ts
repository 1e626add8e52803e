import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { compressedOf } from '../../../lib/compress/compressed';
import { configured } from '../../../lib/core/config';
import { bertConfigOf } from '../../../lib/models/bert-config-of';
import { linearDecay } from '../../../lib/pruning/schedule';
import { onlyHeads } from '../../../lib/structure/importance';
import { layerChanges } from '../../../lib/structure/layers/layer-changes';
import { weightNorms } from '../../../lib/structure/scores/weight-norms';
import { unitCount } from '../../../lib/structure/unit-costs';
import { distillation } from '../../../trainers/distillation';
import type { Scoring } from '../../../trainers/recipes/structured-method';
import { structuredPruning, StructuredPruningOptions } from '../../../trainers/recipes/structured-pruning';
import { parityOfTokens } from './parity-setup';
import { temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const structured = (options: Partial<StructuredPruningOptions> = {}) =>
  structuredPruning({ setup: parityOfTokens(), folder, seed: 1, removed: [0.3, 0.7], tokens: 6, ...options });

it('cuts a trained model to each budget, and trains on what is left beside the dense one', async () => {
  const shapes: Record<string, unknown> = {};
  const listener = {
    onTrained: (trained: Parameters<typeof compressedOf>[0], { method }: { method: string }) => {
      const { heads, intermediateSize } = bertConfigOf(compressedOf(trained).model);
      shapes[method] = [heads, intermediateSize];
    },
  };
  const outcomes = await structured({ train: 3, listener });
  expect(outcomes.map(({ method, steps, options }) => [method, steps, options])).toMatchObject([
    ['dense', 12, undefined],
    ['structured-30', 0, { removed: 0.3 }],
    ['structured-70', 0, { removed: 0.7 }],
    ['dense+trained', 18, undefined],
    ['structured-30+trained', 18, undefined],
    ['structured-70+trained', 18, undefined],
  ]);
  const [dense, some, most] = outcomes;
  expect(dense).not.toHaveProperty('removed');
  expect(some!.removed).toBeGreaterThanOrEqual(0.3);
  expect(most!.removed).toBeGreaterThanOrEqual(0.7);
  expect(most!.removed).toBeLessThan(0.9);
  expect(some!.divergence).toBeGreaterThan(0);
  expect(some!.parameters).toBeLessThan(dense!.parameters);
  expect(most!.parameters).toBeLessThan(some!.parameters);
  for (const name of ['structured-30', 'structured-70']) {
    expect(shapes[`${name}+trained`]).toEqual(shapes[name]);
    expect(shapes[name]).not.toEqual(shapes['dense']);
  }
  const reused: boolean[] = [];
  const again = await structured({ train: 3, listener: { onOutcome: (_, __, is) => void reused.push(is) } });
  expect(reused).toEqual(Array(6).fill(true));
  expect(again).toEqual(outcomes);
}, 180_000);

it('trains on what is left as the dense model teaches it, unequal as they are', async () => {
  const seen: string[] = [];
  const teaching = (teacher: tf.LayersModel, student: tf.LayersModel) => {
    seen.push([teacher, student].map((model) => bertConfigOf(model).intermediateSize.join()).join(' > '));
    return distillation({
      teacher,
      hidden: [{ student: 'encoder/1/ffn/norm', teacher: 'encoder/1/ffn/norm' }],
    });
  };
  const asIs = { setup: { ...parityOfTokens({}, 16), epochs: 0 }, removed: [0.5], train: 1 };
  const outcomes = await structured({ ...asIs, teaching });
  expect(outcomes.map(({ method }) => method)).toEqual([
    'dense',
    'structured-50',
    'dense+trained',
    'structured-50+trained',
  ]);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatch(/^12,12 > (?!12,12)/);
  await expect(structured({ ...asIs, train: 0, teaching })).rejects.toThrow('at least one epoch to learn');
}, 180_000);

it('takes a model as it is, and comes to the same twice; another length of training is another run', async () => {
  const asIs = { setup: { ...parityOfTokens(), epochs: 0 }, removed: [0.5], train: 1 };
  const first = await structured(asIs);
  await expect(structured({ ...asIs, train: 2 })).rejects.toThrow('epochs');
  fs.rmSync(folder, { recursive: true });
  expect(withoutSeconds(await structured(asIs))).toEqual(withoutSeconds(first));
}, 180_000);

it('takes several ways, whole layers too, and cuts as many in each layer', async () => {
  const shapes: Record<string, unknown> = {};
  const listener = {
    onTrained: (trained: Parameters<typeof compressedOf>[0], { method }: { method: string }) => {
      const { heads, intermediateSize } = bertConfigOf(compressedOf(trained).model);
      shapes[method] = [heads, intermediateSize];
    },
  };
  const norms = configured((model: tf.LayersModel) => onlyHeads(weightNorms(model, 1)), 'norms');
  const changes = configured(
    (model: tf.LayersModel, { batches }: Scoring) =>
      layerChanges(
        model,
        batches.map(({ xs }) => xs),
      ),
    'layerChanges',
  );
  const methods = [
    { name: 'heads', importance: norms, perLayer: true, costs: () => unitCount },
    { name: 'layers', layers: changes },
  ];
  const given = { methods, removed: [0.5], refit: false, listener };
  const outcomes = await structured(given);
  expect(outcomes.map(({ method }) => method)).toEqual(['dense', 'heads-50', 'layers-50']);
  expect(shapes).toMatchObject({
    'heads-50': [
      [1, 1],
      [12, 12],
    ],
    'layers-50': [[2], [12]],
  });
  const other = methods.map((method) => ({ ...method, perLayer: false }));
  await expect(structured({ ...given, methods: other })).rejects.toThrow('perLayer');
}, 180_000);

it('masks along a schedule while it trains on, and cuts at the end', async () => {
  const sizes: number[] = [];
  const listener = {
    onTrained: (trained: Parameters<typeof compressedOf>[0]) => {
      const { heads, intermediateSize } = bertConfigOf(compressedOf(trained).model);
      sizes.push([...heads, ...intermediateSize].reduce((a, b) => a + b));
    },
  };
  const gradual = { begin: 0.1, end: 0.7, frequency: 4, schedule: linearDecay };
  const given = { removed: [0.5], train: 2, gradual, listener };
  const outcomes = await structured(given);
  expect(outcomes.map(({ method, steps }) => [method, steps])).toEqual([
    ['dense', 12],
    ['dense+trained', 12],
    ['structured-50-gradual', 12],
  ]);
  expect(sizes[1]).toBe(28);
  expect(sizes[2]).toBeLessThan(20);
  expect(outcomes[2]!.zeros).toBeLessThan(outcomes[2]!.parameters / 10);
  fs.rmSync(folder, { recursive: true });
  expect(withoutSeconds(await structured(given))).toEqual(withoutSeconds(outcomes));
}, 180_000);

describe('a share of latency', () => {
  jest.retryTimes(2); // a machine that is busy enough tells no difference between models so small
  const wide = { hiddenSize: 128, heads: 4, intermediateSize: 2048 };
  const methods = [{ name: 'timed', latency: { runs: 7, threads: 1 } }];
  const given = () => ({
    ...{ setup: { ...parityOfTokens(wide), epochs: 0 }, removed: [0.3], refit: false, methods },
    ...{ examples: { importance: 8 } },
  });
  const kept = () =>
    ['unit-latency', 'timed-30-latency'].map((name) =>
      fs.readFileSync(path.join(folder, 'seed-1', name, 'outcome.json'), 'utf8'),
    );

  it('is measured once: what goes on makes the same choice', async () => {
    const notices: string[] = [];
    const listener = { onNotice: (notice: string) => notices.push(notice) };
    const [dense, timed] = await structured({ ...given(), listener });
    const measured = kept();
    expect(notices).toEqual([
      expect.stringMatching(/^timed-30: [01]\.\d{3} of the latency is left as measured, for 0\.7\.$/),
      expect.stringMatching(
        /^timed-30: 0\.\d{3} of what its units cost is gone; the mean divergence of its answers/,
      ),
    ]);
    expect(measured[1]).toMatch(/"removed": 0\.\d+/);
    expect(timed!.parameters).toBeLessThan(dense!.parameters);
    fs.rmSync(path.join(folder, 'seed-1', 'timed-30'), { recursive: true }); // as a kill before its end does
    expect(withoutSeconds(await structured(given()))).toEqual(withoutSeconds([dense!, timed!]));
    expect(kept()).toEqual(measured);
  }, 400_000);

  it('that cannot be reached is refused before anything is cut', async () => {
    const asked = structured({ ...given(), removed: [0.3, 1] });
    await expect(asked).rejects.toThrow(/at most 0(\.\d+)? of the latency to go, got 1:/);
    expect(fs.readdirSync(path.join(folder, 'seed-1'))).not.toContain('timed-30');
  }, 400_000);
});

const someGradual = { begin: 0, end: 1, frequency: 1, schedule: linearDecay };

it.each([
  [{ gradual: someGradual }, 'at least one epoch for a schedule to go along, got 0'],
  [{ gradual: someGradual, train: 1, methods: [{ name: 'cut', layers: () => [] }] }, 'got layers in "cut"'],
  [{ methods: [{ name: 'timed', latency: {}, layers: () => [] }] }, 'got layers in "timed"'],
  [{ methods: [{ name: 'timed', latency: {}, costs: () => unitCount }] }, 'got costs in "timed"'],
  [{ removed: [] }, 'got none'],
  [{ removed: [0.5, 1.2] }, 'got 1.2'],
  [{ removed: [0.5, 0.5] }, 'names of their own'],
  [{ train: 0.5 }, 'a number of epochs, 0 or more, got 0.5'],
])('refuses %j', async (options, message) => {
  await expect(structured(options)).rejects.toThrow(message);
  expect(fs.readdirSync(folder)).toEqual([]);
});
