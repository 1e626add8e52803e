import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { seededRandom } from '../../lib/core/random';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-kill-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

interface Report {
  readonly lines: string[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

interface Kill {
  readonly signal: 'SIGKILL' | 'SIGINT';
  readonly step: number;
  /** Milliseconds after the step began. */
  readonly delay: number;
}

/** Runs the training in a process of its own, and kills it if told to. */
function run(name: string, kill?: Kill): Promise<Report> {
  const script = path.join(__dirname, 'killed-run.ts');
  const child = spawn(
    process.execPath,
    ['-r', 'ts-node/register/transpile-only', script, path.join(folder, name)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const lines: string[] = [];
  let errors = '';
  child.stderr.on('data', (text) => (errors += String(text)));
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    if (kill && line === `step ${kill.step}`) setTimeout(() => child.kill(kill.signal), kill.delay);
  });
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ lines, code, signal, errors })),
  );
}

it('a run killed at random moments ends with the bits of one that never stopped', async () => {
  const whole = run('whole');
  const random = seededRandom(11, 'kills');
  const killIn = (signal: Kill['signal'], from: number, to: number) =>
    run('killed', { signal, step: Math.floor(from + random() * (to - from)), delay: random() * 15 });

  expect(await killIn('SIGKILL', 2, 8)).toMatchObject({ signal: 'SIGKILL' });
  const stopped = await killIn('SIGINT', 10, 16);
  expect(stopped.code).toBe(130);
  expect(stopped.lines.at(-1)).toMatch(
    /^Stopped by Ctrl-C after step \d+ of 60; the same command goes on from there/,
  );
  expect(await killIn('SIGKILL', 30, 36)).toMatchObject({ signal: 'SIGKILL' });

  const last = await run('killed');
  expect(last).toMatchObject({ code: 0 });
  expect(Number(last.lines[0]?.slice('step '.length))).toBeGreaterThan(25); // it went on from a late checkpoint
  expect(last.lines.at(-1)).toMatch(/^result /);
  expect(last.lines.at(-1)).toBe((await whole).lines.at(-1));
}, 180_000);
