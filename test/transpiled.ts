import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as ts from 'typescript';

const ROOT = path.join(__dirname, '..');
const FOLDERS = ['lib', 'datasets', 'trainers', 'experiments', 'test/trainers/recipes'];
const OPTIONS = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };

/**
 * A copy of the package as plain JavaScript in a temporary folder, for tests that start it as a process of its own again and
 * again: transpiling it once takes as long as one start under ts-node. It is made once for all tests, and again when a source changes.
 */
export function transpiledPackage(): string {
  const sources = new Map(
    FOLDERS.flatMap(sourcesIn).map((file) => [file, fs.readFileSync(path.join(ROOT, file), 'utf8')]),
  );
  const hash = createHash('sha256')
    .update(JSON.stringify([ROOT, ts.version, ...sources]))
    .digest('hex')
    .slice(0, 16);
  const copy = path.join(os.tmpdir(), `whittle-package-${hash}`);
  if (!fs.existsSync(copy)) publish(transpile(sources), copy);
  return copy;
}

const sourcesIn = (folder: string): string[] =>
  fs
    .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => path.join(folder, name));

function transpile(sources: ReadonlyMap<string, string>): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-transpiled-'));
  for (const name of ['node_modules', 'package.json'])
    fs.symlinkSync(path.join(ROOT, name), path.join(made, name));
  for (const [file, source] of sources) {
    const target = path.join(made, file.replace(/ts$/, 'js'));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, ts.transpileModule(source, { compilerOptions: OPTIONS }).outputText);
  }
  return made;
}

/** Another test file may have been faster. */
function publish(made: string, copy: string): void {
  try {
    fs.renameSync(made, copy);
  } catch (error) {
    if (!fs.existsSync(copy)) throw error;
    fs.rmSync(made, { recursive: true });
  }
}
