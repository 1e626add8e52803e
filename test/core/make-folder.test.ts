import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { makeFolder } from '../../lib/core/make-folder';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-make-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

it('makes a folder and those above it, and leaves one that is there', () => {
  const made = path.join(folder, 'a', 'b', 'c');
  makeFolder(made);
  fs.writeFileSync(path.join(made, 'file'), '');
  makeFolder(made);
  makeFolder('/');
  expect(fs.readdirSync(made)).toEqual(['file']);
});

it('fails where a part of the path is a file, and where the name is too long', () => {
  const file = path.join(folder, 'file');
  fs.writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow('EEXIST');
  expect(() => makeFolder(path.join(file, 'a', 'b'))).toThrow('ENOTDIR');
  expect(() => makeFolder(path.join(folder, 'x'.repeat(300), 'a'))).toThrow('ENAMETOOLONG');
});

if (process.platform === 'linux') {
  it('comes back where the system makes no folders', () => {
    expect(() => makeFolder('/proc/whittle/a')).toThrow('ENOENT');
  });
}
