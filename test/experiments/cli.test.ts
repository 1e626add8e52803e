import * as fs from 'node:fs';
import * as path from 'node:path';
import { scriptFolder } from './script-folder';

const EXPERIMENTS = path.join(__dirname, '../../experiments');
const { run } = scriptFolder('cli');

/** Files that run when they are called. */
const scripts = fs
  .readdirSync(EXPERIMENTS)
  .filter((file) => file.endsWith('.ts'))
  .filter((file) => /^void main\(/m.test(fs.readFileSync(path.join(EXPERIMENTS, file), 'utf8')))
  .map((file) => path.parse(file).name)
  .filter((name) => name !== 'cli');

it('names every script in its help', async () => {
  const { code, out } = await run('cli', ['--help']);
  const named = [...out.matchAll(/^ {2}([\w-]+) {2,}/gm)].map(([, name]) => name);
  expect([code, named.filter((name) => name !== '-h').sort()]).toEqual([0, scripts.sort()]);
}, 60_000);

it('hands a script its options and passes its exit code on', async () => {
  const [help, wrong] = [
    await run('cli', ['ptq-bert', '--help']),
    await run('cli', ['finetune', '--epochs', 'x']),
  ];
  expect([help.code, help.out.startsWith('Usage: npx whittle-tfjs ptq-bert')]).toEqual([0, true]);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--epochs')]);
}, 60_000);

it('names the nearest script to one that is none', async () => {
  const { code, err } = await run('cli', ['finetun']);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/^Unknown command 'finetun' .*finetune.* See --help\.\n$/),
  ]);
}, 60_000);
