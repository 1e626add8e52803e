import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../../lib/core/errors';
import { checkpointFolder, stage } from '../../../trainers/recipes/stage';
import { stopwatch } from '../../../trainers/recipes/stopwatch';
import { temporaryFolder } from './small-setup';

const IDENTITY = { rate: 0.1, most: Infinity };

let folder: string;
beforeEach(() => (folder = path.join(temporaryFolder(), 'stage')));
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true }));

it('runs once, keeps its outcome, and removes its checkpoints', async () => {
  const run = jest.fn(async () => {
    fs.mkdirSync(checkpointFolder(folder), { recursive: true });
    return { score: 0.1 + 0.2 };
  });
  expect(await stage(folder, IDENTITY, run)).toEqual({ outcome: { score: 0.1 + 0.2 }, reused: false });
  expect(fs.readdirSync(folder)).toEqual([
    ...['identity.json', 'identity.json.sha256'],
    ...['outcome.json', 'outcome.json.sha256'],
  ]);
  expect(await stage(folder, IDENTITY, run)).toEqual({ outcome: { score: 0.1 + 0.2 }, reused: true });
  expect(run).toHaveBeenCalledTimes(1);
});

it('runs again, with its checkpoints, when it was broken off', async () => {
  const broken = async () => {
    fs.mkdirSync(checkpointFolder(folder), { recursive: true });
    throw new Error('broken off');
  };
  await expect(stage(folder, IDENTITY, broken)).rejects.toThrow('broken off');
  expect(fs.readdirSync(folder)).toEqual(['checkpoints', 'identity.json', 'identity.json.sha256']);
  expect(await stage(folder, IDENTITY, async () => fs.existsSync(checkpointFolder(folder)))).toMatchObject({
    outcome: true,
  });
});

it('refuses a folder of another stage with what differs, finished or not', async () => {
  const broken = stage(folder, IDENTITY, () => Promise.reject(new Error('broken off')));
  await expect(broken).rejects.toThrow('broken off');
  const other = () => stage(folder, { rate: 0.2, most: Infinity }, async () => 1);
  await expect(other()).rejects.toThrow(
    `Expected ${folder} to be of the same training, but rate was 0.1 and is 0.2; use another folder, or delete`,
  );
  await stage(folder, IDENTITY, async () => 1);
  await expect(other()).rejects.toThrow(UserError);
});

it('keeps what could not be read of its checkpoints', async () => {
  await stage(folder, IDENTITY, async () => {
    fs.mkdirSync(path.join(checkpointFolder(folder), 'step-5.damaged'), { recursive: true });
    fs.mkdirSync(path.join(checkpointFolder(folder), 'step-4'));
    return 1;
  });
  expect(fs.readdirSync(checkpointFolder(folder))).toEqual(['step-5.damaged']);
});

it.each([
  ['a digit', (text: string) => text.replace('1', '7')],
  ['its second half', (text: string) => text.slice(0, text.length / 2)],
])('refuses an outcome that has lost %s, and leaves it', async (_, damage) => {
  const file = path.join(folder, 'outcome.json');
  await stage(folder, IDENTITY, async () => ({ score: 0.125 }));
  fs.writeFileSync(file, damage(fs.readFileSync(file, 'utf8')));
  const again = stage(folder, IDENTITY, () => Promise.reject(new Error('ran again')));
  await expect(again).rejects.toThrow(UserError);
  await expect(again).rejects.toThrow(
    `${file} has other bytes than were written; delete ${folder}, which makes the same command train that part again.`,
  );
  expect(fs.existsSync(file)).toBe(true);
});

it('the stopwatch adds up the parts of a training that was broken off', () => {
  let now = 1000;
  const first = stopwatch(() => now);
  now += 2500;
  const state = first.state!();
  now += 60_000;
  const second = stopwatch(() => now);
  second.restore!(state);
  now += 500;
  expect(second.seconds).toBe(3);
});
