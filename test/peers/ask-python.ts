import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Gives a folder that is deleted afterwards. */
export function inFolder<T>(use: (folder: string) => T): T {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-peer-'));
  try {
    return use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * Runs a script of this folder on a job, which it reads from a JSON file in `folder`.
 *
 * @returns the JSON that it prints.
 */
export function askPython(python: string, script: string, folder: string, job: object): unknown {
  const file = path.join(folder, 'job.json');
  fs.writeFileSync(file, JSON.stringify(job));
  const args = [path.join(__dirname, script), file];
  return JSON.parse(execFileSync(python, args, { encoding: 'utf8', maxBuffer: 2 ** 29 }));
}
