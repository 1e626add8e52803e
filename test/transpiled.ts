import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as ts from 'typescript';

const ROOT = path.join(__dirname, '..');
const FOLDERS = ['lib', 'datasets', 'trainers', 'experiments', 'test/trainers/recipes'];

/**
 * A copy of the package as plain JavaScript in a temporary folder, for tests that start it as a process of its own again and
 * again: transpiling it once takes as long as one start under ts-node.
 */
export function transpiledPackage(): string {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-package-'));
  for (const name of ['node_modules', 'package.json'])
    fs.symlinkSync(path.join(ROOT, name), path.join(copy, name));
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  for (const folder of FOLDERS) {
    const files = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
      const source = fs.readFileSync(path.join(ROOT, folder, file), 'utf8');
      const target = path.join(copy, folder, file.replace(/ts$/, 'js'));
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, ts.transpileModule(source, { compilerOptions: options }).outputText);
    }
  }
  return copy;
}
