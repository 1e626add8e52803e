import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkpointFolder, stage } from '../../../trainers/recipes/stage';
import { stopwatch } from '../../../trainers/recipes/stopwatch';
import { temporaryFolder } from './small-setup';

let folder: string;
beforeEach(() => (folder = path.join(temporaryFolder(), 'stage')));
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true }));

it('runs once, keeps its outcome, and removes its checkpoints', async () => {
  const run = jest.fn(async () => {
    fs.mkdirSync(checkpointFolder(folder), { recursive: true });
    return { score: 0.1 + 0.2 };
  });
  expect(await stage(folder, run)).toEqual({ outcome: { score: 0.1 + 0.2 }, reused: false });
  expect(fs.readdirSync(folder)).toEqual(['outcome.json']);
  expect(await stage(folder, run)).toEqual({ outcome: { score: 0.1 + 0.2 }, reused: true });
  expect(run).toHaveBeenCalledTimes(1);
});

it('runs again, with its checkpoints, when it was broken off', async () => {
  const broken = async () => {
    fs.mkdirSync(checkpointFolder(folder), { recursive: true });
    throw new Error('broken off');
  };
  await expect(stage(folder, broken)).rejects.toThrow('broken off');
  expect(fs.readdirSync(folder)).toEqual(['checkpoints']);
  expect(await stage(folder, async () => fs.existsSync(checkpointFolder(folder)))).toMatchObject({
    outcome: true,
  });
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
