import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { writeAtomically, writeFileAtomically } from '../../lib/core/atomic-file';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-atomic-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

it('makes the folder and the file, and leaves nothing else', () => {
  const file = path.join(folder, 'a', 'b.txt');
  writeFileAtomically(file, 'text');
  expect(fs.readFileSync(file, 'utf8')).toBe('text');
  expect(fs.readdirSync(path.dirname(file))).toEqual(['b.txt']);
});

it('keeps the old file until the new one is whole', () => {
  const file = path.join(folder, 'b.txt');
  writeFileAtomically(file, 'old');
  const broken = () =>
    writeAtomically(file, (part) => {
      fs.writeFileSync(part, 'half');
      throw new Error('killed');
    });
  expect(broken).toThrow('killed');
  expect(fs.readFileSync(file, 'utf8')).toBe('old');
  writeFileAtomically(file, 'new');
  expect(fs.readFileSync(file, 'utf8')).toBe('new');
});
