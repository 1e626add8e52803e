import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { peerModules } from './node-modules';

const VERSION = '0.28.2';
const ROOT = path.resolve(__dirname, '../..');
const FOLDER = path.join(ROOT, 'node_modules/.cache/whittle-esbuild');

/**
 * Bundles a program for browsers with esbuild, which fails if any module of it needs Node.
 *
 * @param alias modules of the package that stand for others, by name: files of this checkout.
 */
export function bundle(entry: string, out: string, alias: Readonly<Record<string, string>>): void {
  const program = path.join(peerModules(FOLDER, 'esbuild', VERSION), 'node_modules/esbuild/bin/esbuild');
  const aliases = Object.entries(alias).map(([name, file]) => `--alias:${name}=${path.join(ROOT, file)}`);
  const options = ['--bundle', '--platform=browser', '--log-level=warning', `--outfile=${out}`];
  execFileSync(program, [entry, ...options, ...aliases], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
