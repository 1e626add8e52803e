import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';

/** The options that name what is read, as they are written. */
const INPUTS = {
  model: '--model',
  teacher: '--teacher',
  data: '--data',
  devData: '--dev-data',
  text: '--text',
  dataDir: '--data-dir',
  ticket: '--ticket',
  rules: '--rules',
} as const;

/** What a script's options have of them. */
type Inputs = { readonly [name in keyof typeof INPUTS]?: string };

/** How deep links are looked for: a folder of GLUE folders has files two levels down. */
const DEPTH = 2;

/**
 * Expects that nothing which the options read is in a folder that is about to be emptied, nor the folder in what they read, by name or
 * through links.
 */
export function expectUnread(folder: string, options: Inputs): void {
  for (const [name, flag] of Object.entries(INPUTS)) {
    const input = options[name as keyof typeof INPUTS];
    if (input === undefined || !overlap(folder, input)) continue;
    throw new UserError(
      `Expected to start over in a folder that no option reads, but ${flag} ${input} and ${folder} have files in common, ` +
        'which would be removed; choose another --out.',
    );
  }
}

function overlap(folder: string, input: string): boolean {
  const folders = [path.resolve(folder), real(folder)];
  const inputs = [path.resolve(input), real(input), ...linksIn(input, DEPTH).map(real)];
  return folders.some((one) => inputs.some((other) => contains(one, other) || contains(other, one)));
}

function contains(outer: string, inner: string): boolean {
  const way = path.relative(outer, inner);
  return way === '' || (way.split(path.sep)[0] !== '..' && !path.isAbsolute(way));
}

/** Links in a folder. */
function linksIn(folder: string, depth: number): string[] {
  if (depth === 0 || !fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isSymbolicLink()) return [file];
    return entry.isDirectory() ? linksIn(file, depth - 1) : [];
  });
}

/** Where a path leads; itself if nothing is there. */
function real(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}
