import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Makes (or finds) a virtual environment with exactly the packages of a requirements file and returns its Python.
 * It is made anew when the file changes, or when it was not finished. PyTorch goes first: another package asking
 * for a plain `torch` would bring one with gigabytes of CUDA.
 */
export function peerPython(folder: string, requirements: string): string {
  const pins = fs.readFileSync(requirements, 'utf8');
  const stamp = path.join(folder, 'requirements.sha256');
  const hash = createHash('sha256').update(pins).digest('hex');
  const python = path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash) return python;

  console.log(
    `Installing ${path.relative(process.cwd(), requirements)} into ${path.relative(process.cwd(), folder)} …`,
  );
  run('python3', ['-m', 'venv', '--clear', folder]);
  const install = ['-m', 'pip', 'install', '-qq', '--disable-pip-version-check'];
  run(python, [...install, pins.match(/^torch==.*$/m)?.[0] ?? 'torch']);
  run(python, [...install, '-r', requirements]);
  fs.writeFileSync(stamp, hash);
  return python;
}

function run(command: string, args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}
