import * as fs from 'node:fs';
import { compressedOf } from '../../../lib/compress/compressed';
import { bertConfigOf } from '../../../lib/models/bert-config-of';
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
}, 60_000);

it('takes a model as it is, and comes to the same twice; another length of training is another run', async () => {
  const asIs = { setup: { ...parityOfTokens(), epochs: 0 }, removed: [0.5], train: 1 };
  const first = await structured(asIs);
  await expect(structured({ ...asIs, train: 2 })).rejects.toThrow('epochs');
  fs.rmSync(folder, { recursive: true });
  expect(withoutSeconds(await structured(asIs))).toEqual(withoutSeconds(first));
}, 60_000);

it.each([
  [{ removed: [] }, 'got none'],
  [{ removed: [0.5, 1.2] }, 'got 1.2'],
  [{ removed: [0.5, 0.5] }, 'names of their own'],
  [{ train: 0.5 }, 'a number of epochs, 0 or more, got 0.5'],
])('refuses %j', async (options, message) => {
  await expect(structured(options)).rejects.toThrow(message);
  expect(fs.readdirSync(folder)).toEqual([]);
});
