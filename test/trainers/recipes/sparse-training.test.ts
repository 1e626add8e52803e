import * as fs from 'node:fs';
import { rigl } from '../../../lib/pruning/rewiring/rigl';
import { setEvolution } from '../../../lib/pruning/rewiring/set-evolution';
import { magnitude } from '../../../lib/pruning/saliency';
import type { Callback } from '../../../trainers/callback';
import { sparseTraining, SparseTrainingOptions } from '../../../trainers/recipes/sparse-training';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const methods = [
  { name: 'static' },
  { name: 'rigl', by: rigl({ every: 3 }) },
  { name: 'set', by: setEvolution({ seed: 1, every: 3 }) },
];
const sparse = (options: Partial<SparseTrainingOptions> = {}) =>
  sparseTraining({ setup: smallSetup(), folder, seed: 1, methods, sparsities: [0.5, 0.8], ...options });

it('is as sparse as asked for from the first step on, whatever moves; the dense model beside', async () => {
  const zeros: Record<string, Set<number>> = {};
  const masks: Record<string, string[]> = {};
  const watch = (name: string): Callback => ({
    name: 'watch',
    onStepEnd({ parameters }) {
      const all = parameters.list.flatMap(({ mask }) => [...(mask ?? [])]);
      (zeros[name] ??= new Set()).add(all.filter((keep) => keep === 0).length);
      (masks[name] ??= []).push(all.join(''));
    },
  });
  const outcomes = await sparse({
    listener: { callbacks: ({ method, level }) => [watch(`${method} ${level}`)] },
  });
  expect(outcomes.map(({ method, level }) => [method, level])).toEqual([
    ['dense', 0],
    ...['static', 'rigl', 'set'].flatMap((method) => [
      [method, 1],
      [method, 2],
    ]),
  ]);
  // what grew in front of a neuron that is silent is still 0, beside the 80 and 128 that are pruned
  outcomes.slice(1).forEach(({ level, sparsity }) => {
    expect(sparsity).toBeGreaterThanOrEqual(level === 1 ? 0.5 : 0.8);
    expect(sparsity).toBeLessThan(level === 1 ? 0.6 : 0.9);
  });
  for (const { name } of methods) {
    expect([...zeros[`${name} 1`]!, ...zeros[`${name} 2`]!]).toEqual([80, 128]); // of 160
  }
  const changes = (name: string) =>
    masks[name]!.filter((mask, i) => i > 0 && mask !== masks[name]![i - 1]).length;
  // 12 steps: the updates of RigL are after 3 and 6 of them, before step 9; those of SET after 9 too
  expect(['static 1', 'rigl 1', 'set 1'].map(changes)).toEqual([0, 2, 3]);
});

it('goes on where it was broken off, and ends with the same outcomes', async () => {
  const whole = await sparse({ start: magnitude });
  fs.rmSync(folder, { recursive: true });
  const breakOff: Callback = {
    name: 'watch',
    onStepEnd: (training) => void (training.step === 7 && training.interrupt('a test')),
  };
  const callbacks = ({ method, level }: { method: string; level?: number }) =>
    method === 'rigl' && level === 2 ? [breakOff] : [];
  await expect(sparse({ start: magnitude, listener: { callbacks } })).rejects.toThrow(
    'Stopped by a test after step 7',
  );
  await expect(sparse()).rejects.toThrow('saliency');
  expect(withoutSeconds(await sparse({ start: magnitude }))).toEqual(withoutSeconds(whole));
});

it.each<[Partial<SparseTrainingOptions>, string]>([
  [{ sparsities: [80] }, 'fractions above 0 and below 1, got 80'],
  [{ methods: [{ name: 'dense' }] }, 'not dense'],
])('refuses %j', async (options, message) => {
  await expect(sparse(options)).rejects.toThrow(message);
});
