import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeFolderAtomically } from '../../lib/core/atomic-folder';
import { crashAt } from '../trainers/crash';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-folder-'));
  folder = path.join(parent, 'a', 'model');
});
afterEach(() => fs.rmSync(parent, { recursive: true }));

const FILES = ['config.json', 'onnx/model.onnx'];
const write = (text: string) =>
  writeFolderAtomically(folder, (part) => {
    fs.mkdirSync(path.join(part, 'onnx'));
    for (const file of FILES) fs.writeFileSync(path.join(part, file), `${file} ${text}`);
  });
/** Which version is there, after checking that all of it is. */
function version(of = folder): string | undefined {
  if (!fs.existsSync(of)) return undefined;
  const [first, second] = FILES.map((file) => fs.readFileSync(path.join(of, file), 'utf8').split(' ')[1]);
  expect(first).toBe(second);
  return first;
}

it('makes the folder and those above it, replaces an older one, and leaves nothing else', () => {
  write('old');
  expect(version()).toBe('old');
  write('new');
  expect(version()).toBe('new');
  expect(fs.readdirSync(path.dirname(folder))).toEqual(['model']);
});

it('is whole wherever the process is killed, and the older one is not lost before the new one is there', async () => {
  const attempt = async (limit: number) => {
    fs.rmSync(path.dirname(folder), { recursive: true, force: true });
    write('old');
    return crashAt(limit, () => write('new'));
  };
  const seen = new Set<string>();
  for (let limit = 0; (await attempt(limit)).crashed; limit++) {
    seen.add(version() ?? `${version(`${folder}.old`)} beside`);
    write('again');
    expect(version()).toBe('again');
    expect(fs.readdirSync(path.dirname(folder))).toEqual(['model']);
  }
  expect([...seen]).toEqual(['old', 'old beside', 'new']);
});
