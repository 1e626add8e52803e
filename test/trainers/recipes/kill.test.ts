import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Outcome } from '../../../trainers/recipes/setup';
import { transpiledPackage } from '../../transpiled';
import { temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
let copy: string;
beforeAll(() => {
  folder = temporaryFolder();
  copy = transpiledPackage();
}, 60_000);
afterAll(() => fs.rmSync(folder, { recursive: true }));

function child(...options: string[]) {
  const script = path.join(copy, 'test/trainers/recipes/killed-ticket.js');
  return spawnSync(process.execPath, [script, folder, ...options], { encoding: 'utf8' });
}

const outcomesOf = ({ stdout }: { stdout: string }) => withoutSeconds(JSON.parse(stdout) as Outcome[]);

it('a lottery ticket killed again and again ends with the outcomes of one that was not', () => {
  const whole = outcomesOf(child());
  fs.rmSync(folder, { recursive: true });
  for (const [method, step] of [
    ['dense 0', '6'],
    ['ticket 1', '1'],
    ['ticket 2', '12'],
    ['shuffled 2', '5'],
  ] as const) {
    expect(child(method, step)).toMatchObject({ signal: 'SIGKILL', stdout: '' });
  }
  expect(outcomesOf(child())).toEqual(whole);
}, 60_000);
