import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { CheckpointStore, checkpointStore } from '../../trainers/checkpoint-store';
import { crashAt } from './crash';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-store-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const FILES = ['a.txt', 'b.txt'];
const save = (store: CheckpointStore, step: number) =>
  store.save(step, (into) => {
    for (const file of FILES) fs.writeFileSync(path.join(into, file), `${file} of step ${step}`);
  });

/** The step of the latest checkpoint, after checking that it is whole; -1 if there is none. */
function wholeLatest(): number {
  const latest = checkpointStore(folder).latest();
  if (latest === undefined) return -1;
  const step = Number(path.basename(latest).slice('step-'.length));
  for (const file of FILES) {
    expect(fs.readFileSync(path.join(latest, file), 'utf8')).toBe(`${file} of step ${step}`);
  }
  return step;
}

it('has no latest before the first save, and makes its folder', () => {
  expect(checkpointStore(path.join(folder, 'a', 'b')).latest()).toBeUndefined();
});

it('keeps the last two', () => {
  const store = checkpointStore(folder);
  for (const step of [5, 10, 15]) save(store, step);
  expect(store.latest()).toBe(path.join(folder, 'step-15'));
  expect(fs.readdirSync(folder).sort()).toEqual(['latest', 'step-10', 'step-15']);
});

it('does nothing when the latest step is saved again', () => {
  const store = checkpointStore(folder);
  save(store, 5);
  store.save(5, () => {
    throw new Error('filled again');
  });
  expect(wholeLatest()).toBe(5);
});

it('syncs every file before the folder gets its name, and that before latest moves', async () => {
  const store = checkpointStore(folder);
  const { operations } = await crashAt(Infinity, () => save(store, 5));
  const names = operations.map((operation) =>
    operation.replace(folder, '.').replace(/^fsyncSync \d+$/, 'fsyncSync'),
  );
  const synced = (file: string) => [`openSync ${file}`, 'fsyncSync'];
  expect(names).toEqual([
    'rmSync ./step-5.partial',
    'mkdirSync ./step-5.partial',
    'writeFileSync ./step-5.partial/a.txt',
    'writeFileSync ./step-5.partial/b.txt',
    ...synced('./step-5.partial/a.txt'),
    ...synced('./step-5.partial/b.txt'),
    ...synced('./step-5.partial'),
    'renameSync ./step-5.partial',
    ...synced('.'),
    'writeFileSync ./latest.partial',
    ...synced('./latest.partial'),
    'renameSync ./latest.partial',
    ...synced('.'),
  ]);
});

it('leaves a whole latest checkpoint wherever the process is killed, and goes on from there', async () => {
  const attempt = (limit: number) => {
    fs.rmSync(folder, { recursive: true, force: true });
    return crashAt(limit, () => {
      const store = checkpointStore(folder);
      for (const step of [1, 2, 3]) save(store, step);
    });
  };
  const seen = new Set<number>();
  for (let limit = 0; (await attempt(limit)).crashed; limit++) {
    const survivor = wholeLatest();
    seen.add(survivor);
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
    const store = checkpointStore(folder);
    for (let step = survivor + 1; step <= 4; step++) save(store, step);
    expect(wholeLatest()).toBe(4);
    expect(fs.readdirSync(folder).sort()).toEqual(['latest', 'step-3', 'step-4']);
  }
  expect([...seen]).toEqual([-1, 1, 2, 3]);
});

it.each(['', 'step-7', '../elsewhere', 'rubbish'])(
  'says which file is damaged when latest is "%s"',
  (content) => {
    const store = checkpointStore(folder);
    save(store, 5);
    fs.writeFileSync(path.join(folder, 'latest'), content);
    const open = () => checkpointStore(folder);
    expect(open).toThrow(UserError);
    expect(open).toThrow(`${path.join(folder, 'latest')} is damaged`);
    expect(open).toThrow('write the name of one into it (step-5)');
  },
);

it('touches no file that is not its own', () => {
  fs.writeFileSync(path.join(folder, 'notes.txt'), 'mine');
  const store = checkpointStore(folder);
  for (const step of [1, 2, 3]) save(store, step);
  expect(fs.existsSync(path.join(folder, 'notes.txt'))).toBe(true);
});
