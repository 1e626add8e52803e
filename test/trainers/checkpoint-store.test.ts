import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { CheckpointStore, checkpointStore, removeCheckpoints } from '../../trainers/checkpoint-store';
import { crashAt } from './crash';

let folder: string;
let notices: string[];
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-store-'));
  notices = [];
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const open = () => checkpointStore(folder, (notice) => void notices.push(notice));
/** What a process does with a store that it has for itself. */
function using<T>(work: (store: CheckpointStore) => T): T {
  const store = open();
  try {
    return work(store);
  } finally {
    store.close();
  }
}
const names = () => fs.readdirSync(folder).sort();
const at = (...parts: string[]) => path.join(folder, ...parts);

const FILES = ['a.txt', 'b.txt'];
const save = (store: CheckpointStore, step: number) =>
  store.save(step, (into) => {
    for (const file of FILES) fs.writeFileSync(path.join(into, file), `${file} of step ${step}`);
  });

const saveAll = (...steps: number[]) => using((store) => steps.forEach((step) => save(store, step)));

/** The step of the latest checkpoint, after checking that it is whole; -1 if there is none. */
function wholeLatest(): number {
  const latest = using((store) => store.latest());
  if (latest === undefined) return -1;
  const step = Number(path.basename(latest).slice('step-'.length));
  for (const file of FILES) {
    expect(fs.readFileSync(path.join(latest, file), 'utf8')).toBe(`${file} of step ${step}`);
  }
  return step;
}

it('has no latest before the first save, and makes its folder', () => {
  const store = checkpointStore(at('a', 'b'), () => {});
  expect(store.latest()).toBeUndefined();
  store.close();
  expect(fs.readdirSync(at('a', 'b'))).toEqual([]);
});

it('keeps the last two', () => {
  using((store) => {
    for (const step of [5, 10, 15]) save(store, step);
    expect(store.latest()).toBe(at('step-15'));
  });
  expect(names()).toEqual(['step-10', 'step-15']);
});

it('does nothing when the latest step is saved again', () => {
  const again = () =>
    using((store) =>
      store.save(5, () => {
        throw new Error('filled again');
      }),
    );
  saveAll(5);
  again();
  expect(wholeLatest()).toBe(5);
});

it('syncs every file, the digests last, before the folder gets its name', async () => {
  const store = open();
  const { operations } = await crashAt(Infinity, () => save(store, 5));
  store.close();
  const done = operations
    .map((operation) => operation.replace(folder, '.').replace(/^fsyncSync \d+$/, 'fsyncSync'))
    .filter((operation) => !operation.startsWith('rmSync') && operation !== 'openSync ./step-5.part/a.txt');
  const files = ['a.txt', 'b.txt', 'sha256.json'].map((file) => `./step-5.part/${file}`);
  expect(done.filter((operation) => !operation.startsWith('openSync'))).toEqual([
    'mkdirSync ./step-5.part',
    ...files.map((file) => `writeFileSync ${file}`),
    ...[...files, 'the folder'].map(() => 'fsyncSync'),
    'renameSync ./step-5.part',
    'fsyncSync',
  ]);
});

it('leaves a whole latest checkpoint wherever the process is killed, and goes on from there', async () => {
  const attempt = async (limit: number) => {
    fs.rmSync(folder, { recursive: true, force: true });
    const result = await crashAt(limit, () => saveAll(1, 2, 3));
    fs.rmSync(at('.lock'), { recursive: true, force: true }); // the process lives on, unlike a killed one
    return result;
  };
  const seen = new Set<number>();
  for (let limit = 0; (await attempt(limit)).crashed; limit++) {
    const survivor = wholeLatest();
    seen.add(survivor);
    expect(names().filter((name) => name.endsWith('.part'))).toEqual([]);
    saveAll(...[1, 2, 3, 4].filter((step) => step > survivor));
    expect(wholeLatest()).toBe(4);
    expect(names().filter((name) => !name.startsWith('.lock'))).toEqual(['step-3', 'step-4']);
  }
  expect([...seen]).toEqual([-1, 1, 2, 3]);
  expect(notices).toEqual([]);
});

describe('damage', () => {
  const flip = (...file: string[]) => {
    const bytes = fs.readFileSync(at(...file));
    bytes[3]! ^= 1;
    fs.writeFileSync(at(...file), bytes);
  };
  const halve = (...file: string[]) => fs.truncateSync(at(...file), fs.statSync(at(...file)).size >> 1);
  const lose = (...file: string[]) => fs.rmSync(at(...file));

  it.each<[string, () => void, string]>([
    ['a flipped bit', () => flip('step-10', 'a.txt'), 'a.txt has other bytes than were written'],
    ['half of a file', () => halve('step-10', 'b.txt'), 'b.txt has other bytes than were written'],
    ['a lost file', () => lose('step-10', 'a.txt'), 'a.txt is missing'],
    ['lost digests', () => lose('step-10', 'sha256.json'), 'sha256.json is missing'],
    ['half of the digests', () => halve('step-10', 'sha256.json'), 'sha256.json is no list of digests'],
    ['empty digests', () => fs.writeFileSync(at('step-10', 'sha256.json'), '{}'), 'is no list of digests'],
    ['a flipped bit in the digests', () => flip('step-10', 'sha256.json'), 'step-10'],
    [
      'a file that cannot be read',
      () => (lose('step-10', 'a.txt'), fs.mkdirSync(at('step-10', 'a.txt'))),
      'a.txt cannot be read (EISDIR',
    ],
  ])('%s: the one before it counts, which is said, and what was damaged is kept', (_, damage, said) => {
    saveAll(5, 10);
    damage();
    const before = fs.readdirSync(at('step-10'));
    expect(wholeLatest()).toBe(5);
    expect(notices).toEqual([expect.stringContaining(said)]);
    expect(notices[0]).toContain(`moved to ${at('step-10.damaged')}, and the training goes on from step 5.`);
    expect(fs.readdirSync(at('step-10.damaged'))).toEqual(before);
    saveAll(10, 15, 20);
    expect(names()).toEqual(['step-10.damaged', 'step-15', 'step-20']);
    expect(notices).toHaveLength(1);
  });

  it('keeps what was damaged twice under two names', () => {
    for (const step of [10, 10]) {
      saveAll(5, step);
      flip('step-10', 'a.txt');
      expect(wholeLatest()).toBe(5);
    }
    expect(names()).toEqual(['step-10.damaged', 'step-10.damaged-2', 'step-5']);
  });

  it('of all is one sentence that names them, and nothing is moved or deleted', () => {
    saveAll(5, 10);
    flip('step-5', 'a.txt');
    lose('step-10', 'b.txt');
    fs.mkdirSync(at('step-15.part'));
    expect(open).toThrow(UserError);
    expect(open).toThrow(
      `Expected a whole checkpoint in ${folder}, but ${at('step-10', 'b.txt')} is missing, and ` +
        `${at('step-5', 'a.txt')} has other bytes than were written; put back a copy of one, or move the folder away to start over.`,
    );
    expect(names()).toEqual(['step-10', 'step-15.part', 'step-5']);
  });

  it('found before, with no whole one left, does not start over in silence', () => {
    saveAll(5, 10);
    flip('step-10', 'a.txt');
    expect(wholeLatest()).toBe(5);
    fs.rmSync(at('step-5'), { recursive: true });
    expect(open).toThrow('but step-10.damaged was found damaged before; put back a copy');
  });
});

it('is one process’s at a time, and that is said', () => {
  using(() => expect(open).toThrow(`Expected to be alone in the checkpoints ${folder}, but this process`));
  expect(wholeLatest()).toBe(-1);
});

it('touches no file that is not its own, and removes all others at the end', () => {
  const mine = ['latest', 'notes.part', 'notes.txt', 'step-1.damaged', 'step-x'];
  for (const name of mine) fs.writeFileSync(at(name), 'mine');
  fs.rmSync(at('step-1.damaged')); // with nothing else there it is a reason to stop
  saveAll(1, 2, 3);
  fs.writeFileSync(at('step-1.damaged'), 'mine');
  removeCheckpoints(folder);
  expect(names()).toEqual(mine);
  mine.forEach((name) => fs.rmSync(at(name)));
  saveAll(1);
  removeCheckpoints(folder);
  expect(fs.existsSync(folder)).toBe(false);
  removeCheckpoints(folder);
  fs.mkdirSync(folder);
});
