import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { experimentResult, ResultRow, writeResult } from '../../experiments/result';
import { ticketOf } from '../../experiments/ticket-source';
import { describeWinning } from '../../experiments/winning';
import { hostTensor } from '../../lib/core/host-tensor';
import { maskSet } from '../../lib/pruning/mask';
import { saveMasks } from '../../lib/pruning/mask-file';
import { writeState } from '../../trainers/recipes/phase-state';

let run: string;
beforeEach(() => (run = fs.mkdtempSync(path.join(os.tmpdir(), 'ticket-source-'))));
afterEach(() => fs.rmSync(run, { recursive: true }));

const row = (method: string, seed: number, level: number, accuracy: number): ResultRow => ({
  ...{ method, seed, level, sparsity: level / 4, metrics: { accuracy }, steps: 1, seconds: 1 },
});
/** Of two seeds, whose level 2 wins and level 3 does not. */
const ROWS = [0, 1].flatMap((seed) => [
  ...[row('dense', seed, 0, 0.8), row('ticket', seed, 1, 0.9)],
  ...[row('ticket', seed, 2, 0.8), row('ticket', seed, 3, 0.5)],
]);
const resultOf = (rows: readonly ResultRow[]) =>
  experimentResult({ ...{ task: 'toy', metric: 'accuracy', majority: 0.5, rows } });

/** Writes a ticket with a mask of its own. */
function ticket(seed: number, level: number): Uint8Array {
  const mask = Uint8Array.of(seed, 1, level % 2, 0);
  const folder = path.join(run, `seed-${seed}`, `ticket-${level}`);
  fs.mkdirSync(folder, { recursive: true });
  const tensors = {
    'weights/a': hostTensor(new Float32Array(4), [2, 2]),
    'masks/a': hostTensor(mask, [2, 2]),
  };
  writeState(path.join(folder, 'state.safetensors'), { tensors });
  return mask;
}

it('of a run it is the sparsest winning one, of the same seed', () => {
  const masks = [0, 1].map((seed) => [1, 2, 3].map((level) => ticket(seed, level)));
  writeResult(path.join(run, 'result.json'), resultOf(ROWS));
  expect(ticketOf(run)(0)).toEqual(new Map([['a', masks[0]![1]]]));
  expect(ticketOf(run)(1)).toEqual(new Map([['a', masks[1]![1]]]));
  expect(() => ticketOf(run)(2)).toThrow(
    `a ticket of seed 2 in ${run}, found those of 0, 1; choose other seeds`,
  );
});

it('of a folder, or a file, it is that one for every seed', () => {
  const mask = ticket(0, 3);
  expect(ticketOf(path.join(run, 'seed-0', 'ticket-3'))(7)).toEqual(new Map([['a', mask]]));
  saveMasks(path.join(run, 'masks.safetensors'), maskSet([['a', mask]]));
  expect(ticketOf(path.join(run, 'masks.safetensors'))(7)).toEqual(new Map([['a', mask]]));
});

it('says that a run has no winning ticket', () => {
  writeResult(
    path.join(run, 'result.json'),
    resultOf(ROWS.filter(({ level }) => level === 0 || level === 3)),
  );
  expect(() => ticketOf(run)).toThrow(
    `a run with a winning ticket, but ${run} has none; name one of its tickets`,
  );
});

it('the sparsest winning ticket is named with what it had to reach, and none where there is none', () => {
  const say = (rows: readonly ResultRow[]) => describeWinning(resultOf(rows).winning!, 'accuracy');
  const spread = [...ROWS, row('dense', 2, 0, 0.5)]; // mean 0.7, standard deviation 0.1732
  expect(say(spread)).toBe(
    'Sparsest winning ticket: level 2, 50.0% zeros, accuracy 0.8000, at least 0.5268 ' +
      '(the dense mean 0.7000 less one standard deviation, 0.1732, over 3 seeds).',
  );
  expect(say([row('dense', 0, 0, 0.8), row('ticket', 0, 1, 0.7), row('ticket', 0, 2, 0.6)])).toBe(
    'No ticket wins: no level reaches accuracy 0.8000 (the dense score; one seed has no spread).',
  );
});
