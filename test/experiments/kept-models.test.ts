import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { keptModels, KeptModels } from '../../experiments/kept-models';
import type { Save } from '../../experiments/options';
import type { Label, Outcome } from '../../trainers/recipes/setup';
import { crashAt } from '../trainers/crash';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-kept-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

interface Row {
  readonly label: Label;
  readonly outcome: Outcome;
}

/** Trainings as `role name score sparsity bytes`. */
function rows(...lines: string[]): Row[] {
  return lines.map((line, index) => {
    const [role, method, score, sparsity = 0, bytes = 100] = line.split(' ');
    const label = { method, role, seed: 0, index, count: lines.length } as Label;
    const outcome = {
      metrics: { accuracy: Number(score) },
      sparsity: Number(sparsity),
      bytes: Number(bytes),
    };
    return { label, outcome: outcome as unknown as Outcome };
  });
}

let saves: number;
const keeper = (which: Save): KeptModels => {
  saves = 0;
  return keptModels({
    ...{ which, folder, metric: 'accuracy' },
    save(model, into) {
      saves++;
      fs.writeFileSync(path.join(into, 'a.txt'), String(model));
      fs.writeFileSync(path.join(into, 'b.txt'), String(model));
    },
  });
};

/** Runs trainings of which the first so many are found finished; a model is its method's name. */
async function train(keep: KeptModels, trainings: readonly Row[], finished = 0): Promise<void> {
  for (const [i, { label, outcome }] of trainings.entries()) {
    if (i >= finished) await keep.onTrained(label.method as unknown as tf.LayersModel, label, outcome);
    keep.onOutcome(outcome, label, i < finished);
  }
}
/** What is kept in a folder, after checking that it is whole. */
function kept(place = 'model'): string {
  const [a, b] = ['a.txt', 'b.txt'].map((file) => fs.readFileSync(path.join(folder, place, file), 'utf8'));
  expect(a).toBe(b);
  return a!;
}

it.each<[string, string[], string]>([
  ['the best', ['method a 0.5', 'method b 0.75', 'method c 0.625'], 'b'],
  ['a row of the method before a better baseline', ['baseline a 1', 'method b 0.5'], 'b'],
  ['a row of the method before a better baseline that comes later', ['method a 0.5', 'baseline b 1'], 'a'],
  ['the baseline where there is no other', ['baseline a 0.5', 'control b 1'], 'a'],
  ['the best baseline', ['baseline a 0.5', 'baseline b 0.625'], 'b'],
  ['no control', ['method a 0.25', 'control b 1 0.9'], 'a'],
  ['of equals the sparser', ['method a 0.5 0.1', 'method b 0.5 0.9', 'method c 0.5 0.5'], 'b'],
  ['of equals the smaller', ['method a 0.5 0.5 100', 'method b 0.5 0.5 99', 'method c 0.5 0.5 101'], 'b'],
  ['of equals the earlier', ['method a 0.5 0.5', 'method b 0.5 0.5'], 'a'],
  ['a score before none', ['method a NaN 0.9', 'method b -1', 'method c NaN'], 'b'],
  ['a row without a score before nothing', ['method a NaN'], 'a'],
])('best keeps %s, also when the run goes on at any place', async (_, lines, winner) => {
  const trainings = rows(...lines);
  for (let finished = 0; finished <= trainings.length; finished++) {
    const keep = keeper('best'); // finds what the one before has kept
    await train(keep, trainings, finished);
    expect(kept()).toBe(winner);
    const files = ['a.txt', 'b.txt'].map((file) => ({ file, bytes: winner.length }));
    expect(keep.list()).toEqual([{ method: winner, seed: 0, level: undefined, folder: 'model', files }]);
    expect(fs.readdirSync(folder)).toEqual(['model']);
  }
  expect(saves).toBe(0); // everything was found finished
});

it('best saves only what is better than all before', async () => {
  await train(
    keeper('best'),
    rows('baseline a 1', 'method b 0.5', 'control c 1', 'method d 0.25', 'method e 1'),
  );
  expect(saves).toBe(3);
});

it('last keeps the last training’s, whatever it is', async () => {
  await train(keeper('last'), rows('method a 1', 'baseline b 1', 'control c 0'));
  expect([kept(), saves]).toEqual(['c', 1]);
});

it('all keeps each in the folder of its training', async () => {
  const keep = keeper('all');
  const trainings = rows('baseline a 1', 'method b 0.5', 'control c 0').map(({ label, outcome }, level) => ({
    label: { ...label, level, seed: level % 2 },
    outcome,
  }));
  await train(keep, trainings);
  const folders = ['seed-0/a/model', 'seed-1/b-1/model', 'seed-0/c-2/model'];
  expect(keep.list().map((model) => model.folder)).toEqual(folders);
  expect(folders.map(kept)).toEqual(['a', 'b', 'c']);
  fs.rmSync(path.join(folder, 'seed-1'), { recursive: true });
  expect(keep.list().map(({ method }) => method)).toEqual(['a', 'c']);
});

it('ends with the same models wherever it is killed', async () => {
  const trainings = rows('baseline a 1', 'method b 0.5', 'method c 0.75');
  const attempt = async (limit: number) => {
    fs.rmSync(folder, { recursive: true });
    let finished = 0;
    const keep = keeper('best');
    const counting = {
      ...keep,
      onOutcome: (...row: Parameters<typeof keep.onOutcome>) => (finished++, keep.onOutcome(...row)),
    };
    return { ...(await crashAt(limit, () => train(counting, trainings))), finished };
  };
  let limit = 0;
  for (let end = await attempt(limit); end.crashed; end = await attempt(++limit)) {
    await train(keeper('best'), trainings, end.finished);
    expect(kept()).toBe('c');
    expect(fs.readdirSync(folder)).toEqual(['model']);
  }
  expect(limit).toBeGreaterThan(20);
});
