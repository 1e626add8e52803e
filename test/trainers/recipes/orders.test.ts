import * as fs from 'node:fs';
import { staticInt8 } from '../../../lib/compress/scheme';
import { compressedOf } from '../../../lib/compress/compressed';
import { weightsOf } from '../../../lib/core/weights';
import { maskOf } from '../../../lib/pruning/model-masks';
import { ORDERS, Order, pruneAndQuantize, PruneAndQuantizeOptions } from '../../../trainers/recipes/orders';
import type { Listener, Setup } from '../../../trainers/recipes/setup';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const run = (order: Order, more: Partial<PruneAndQuantizeOptions> = {}) =>
  pruneAndQuantize({
    ...{ setup: smallSetup(), folder, order, seed: 1, sparsity: 0.5, begin: 0.2, end: 0.8, frequency: 1 },
    ...{ rules: staticInt8(), freezeObserversAt: 0.8 },
    ...more,
  });

const ROWS: Record<Order, (string | number | undefined)[][]> = {
  'prune-then-quantize': [
    ['dense', undefined, 12],
    ['pruned-first', undefined, 12],
    ['prune-then-quantize', 7, 6],
  ],
  'quantize-then-prune': [
    ['dense', undefined, 12],
    ['quantized-first', 7, 12],
    ['quantize-then-prune', 7, 6],
  ],
  joint: [
    ['dense', undefined, 12],
    ['joint', 7, 18],
  ],
};

describe.each(ORDERS)('%s', (order) => {
  test('ends with codes that are 0 where it pruned, within its budget of epochs', async () => {
    let pruned: boolean[] = [];
    const listener: Listener = {
      onTrained(trained, { method }) {
        if (method !== order) return;
        const { model } = compressedOf(trained);
        const { variable } = weightsOf(model).find(({ path }) => path === 'hidden/1/kernel')!;
        const [values, mask] = [variable.dataSync(), maskOf(variable)!];
        pruned = Array.from(mask, (keep, i) => keep === 1 || values[i] === 0);
        expect(mask.some((keep) => keep === 0)).toBe(true);
      },
    };
    const outcomes = await run(order, { budget: 3, listener });
    expect(outcomes.map(({ method, bits, steps }) => [method, bits, steps])).toEqual(ROWS[order]);
    expect(outcomes.at(-1)!.sparsity).toBeGreaterThanOrEqual(0.5);
    expect(pruned.every(Boolean)).toBe(true);
  });

  test('goes on where it was broken off, with the same outcomes', async () => {
    const whole = await run(order);
    fs.rmSync(folder, { recursive: true });
    const breakOff: Listener = {
      callbacks: ({ method }) =>
        method === order
          ? [
              {
                name: 'break',
                onStepEnd: (training) => void (training.step === 4 && training.interrupt('test')),
              },
            ]
          : [],
    };
    await expect(run(order, { listener: breakOff })).rejects.toThrow('Stopped by test after step 4');
    expect(withoutSeconds(await run(order))).toEqual(withoutSeconds(whole));
  });
});

it.each([1, 0, 2.5, NaN])('cannot split %d epochs', async (budget) => {
  await expect(run('prune-then-quantize', { budget })).rejects.toThrow(
    `at least 2 whole epochs for prune-then-quantize, which are two trainings, got ${budget}`,
  );
});

it('learns from the dense model where asked, in every training after it', async () => {
  const taught: string[] = [];
  const teaching: PruneAndQuantizeOptions['teaching'] = (teacher, student) => {
    taught.push(`${teacher === student}`);
    return smallSetup().loss;
  };
  const outcomes = await run('prune-then-quantize', { teaching });
  expect(outcomes).toHaveLength(3);
  expect(taught).toEqual(['false', 'false']);
});

it('refuses an order that is none', async () => {
  await expect(run('quantise' as Order)).rejects.toThrow(
    'Expected an order of prune-then-quantize, quantize-then-prune, joint, got "quantise".',
  );
});

it('takes the setup’s epochs', async () => {
  const setup: Setup = { ...smallSetup(), epochs: 4 };
  const outcomes = await run('quantize-then-prune', { setup });
  expect(outcomes.map(({ steps }) => steps)).toEqual([24, 12, 12]);
});
