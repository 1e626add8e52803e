import { deepStrictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { peerModules } from './node-modules';

export const name = 'notebooks';

const ROOT = path.resolve(__dirname, '../..');
const BOOKS = path.join(ROOT, 'experiments/notebooks');
/** Not within node_modules, where TypeScript would not name the types of a notebook's values; what the package needs is found above. */
const FOLDER = path.join(ROOT, '.venv/tslab');
const TSLAB = '1.0.22';

/** Runs every notebook from its first cell to its last, with the kernel of tslab and the package as it is built. */
export async function check(python: string): Promise<string> {
  peerModules(FOLDER, 'tslab', TSLAB);
  buildPackage(path.join(FOLDER, 'node_modules/whittle-tfjs'));
  const tslab = path.join(FOLDER, 'node_modules/.bin/tslab');
  run(tslab, ['install', `--python=${python}`, '--sys-prefix', `--binary=${tslab}`]);
  const books = fs.readdirSync(BOOKS).filter((file) => file.endsWith('.ipynb'));
  const counts = books.map((book) => executed(python, book));
  return `${books.length} notebooks ran, with as many outputs, of the same kinds, as they have here: ${counts.join(', ')}`;
}

/** What `npm pack` would hold of code. */
function buildPackage(folder: string): void {
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
  run(tsc, ['-p', path.join(ROOT, 'tsconfig.build.json'), '--outDir', path.join(folder, 'dist')]);
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
}

/** @returns how many outputs there are. */
function executed(python: string, book: string): number {
  const copy = path.join(FOLDER, book);
  fs.copyFileSync(path.join(BOOKS, book), copy);
  const convert = ['-m', 'nbconvert', '--to', 'notebook', '--inplace', '--execute'];
  run(python, [...convert, '--ExecutePreprocessor.timeout=900', copy]);
  const [ours, theirs] = [path.join(BOOKS, book), copy].map(outputsOf) as [string[], string[]];
  deepStrictEqual(theirs, ours, book);
  return ours.length;
}

interface Notebook {
  readonly cells: readonly { readonly outputs?: readonly Output[] }[];
}

interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Kinds of what the cells gave: scores may differ from one processor to the next. */
function outputsOf(file: string): string[] {
  const { cells } = JSON.parse(fs.readFileSync(file, 'utf8')) as Notebook;
  const outputs = cells.flatMap(({ outputs: each = [] }, cell) =>
    each.map((output) => ({ ...output, cell })),
  );
  const kinds = outputs.map(
    ({ cell, output_type: type, name: stream, data }) =>
      `cell ${cell}: ${stream ?? [type, ...Object.keys(data ?? {})].join(' ')}`,
  );
  return [...new Set(kinds)]; // a stream may come in parts
}

function run(command: string, options: readonly string[]): void {
  execFileSync(command, options, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'pipe'] });
}
