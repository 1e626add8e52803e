import * as fs from 'node:fs';
import type { Callback } from '../../../trainers/callback';
import { densePhase } from '../../../trainers/recipes/dense';
import { runPhases } from '../../../trainers/recipes/phases';
import { scorePhase, scorePruning, ScorePruningOptions } from '../../../trainers/recipes/score-pruning';
import { movementPruning } from '../../../trainers/score-pruning/movement-pruning';
import { softMovementPruning } from '../../../trainers/score-pruning/soft-movement-pruning';
import { staticPruning } from '../../../trainers/score-pruning/static-pruning';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const window = { begin: 0.25, end: 0.75, frequency: 1 };
const prune = (options: Partial<ScorePruningOptions> = {}) =>
  scorePruning({
    ...{ setup: smallSetup(), folder, seed: 1, sparsities: [0.25, 0.8] },
    ...{ methods: [{ name: 'movement', by: movementPruning({ rateFactor: 20 }) }], ...window, ...options },
  });

it('reaches every sparsity exactly by every method, the dense model beside', async () => {
  const methods = [
    { name: 'movement', by: movementPruning({ rateFactor: 20 }) },
    { name: 'soft-movement', by: softMovementPruning({ rateFactor: 20 }), coolDown: 0.9 },
    { name: 'smp', by: staticPruning({ rateFactor: 20 }) },
  ];
  const outcomes = await prune({ methods });
  expect(
    outcomes.map(({ method, level, sparsity, zeros }) => [method, level, sparsity, zeros >= 160 * sparsity]),
  ).toEqual([
    ['dense', 0, 0, true],
    ...methods.flatMap(({ name }) => [
      [name, 1, 0.25, true],
      [name, 2, 0.8, true],
    ]),
  ]);
});

it('goes on where it was broken off, and ends with the same outcomes', async () => {
  const whole = await prune();
  fs.rmSync(folder, { recursive: true });
  const breakOff: Callback = {
    name: 'watch',
    onStepEnd: (training) => void (training.step === 7 && training.interrupt('a test')),
  };
  const listener = { callbacks: ({ level }: { level?: number }) => (level === 2 ? [breakOff] : []) };
  await expect(prune({ listener })).rejects.toThrow('Stopped by a test after step 7');
  const other = { methods: [{ name: 'movement', by: movementPruning({ rateFactor: 30 }) }] };
  await expect(prune(other)).rejects.toThrow('rateFactor');
  expect(withoutSeconds(await prune())).toEqual(withoutSeconds(whole));
});

it('hands its zeros on to the next phase', async () => {
  const by = movementPruning({ rateFactor: 20 });
  const pruned = scorePhase({ seed: 1, name: 'movement', by, sparsity: 0.8, ...window }, { handsOn: true });
  const recovered = densePhase(1, { label: { method: 'recovered', role: 'method', seed: 1 }, after: pruned });
  const outcomes = await runPhases({ setup: smallSetup(), folder }, [pruned, recovered]);
  expect(outcomes.map(({ sparsity }) => sparsity)).toEqual([0.8, 0.8]);
});

it.each<[Partial<ScorePruningOptions>, string]>([
  [{ sparsities: [80] }, 'fractions above 0 and below 1, got 80'],
  [{ begin: 0.8, end: 0.2 }, 'begin 0.8 and end 0.2'],
  [{ methods: [{ name: 'dense', by: movementPruning() }] }, 'not dense'],
])('refuses %j', async (options, message) => {
  await expect(prune(options)).rejects.toThrow(message);
});
