import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { tableReader } from '../../../datasets/table/reader';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reader-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

test('what is not a file is refused by what it is: a pipe can be read only once', () => {
  const pipe = path.join(folder, 'pipe.csv');
  execFileSync('mkfifo', [pipe]);
  expect(() => tableReader(pipe)).toThrow(
    `the file ${pipe}, found a pipe or a device, which can be read only once`,
  );
  expect(() => tableReader('/dev/zero')).toThrow('found a pipe or a device');
  expect(() => tableReader(folder)).toThrow('found a folder');
  expect(() => tableReader(path.join(folder, 'missing.csv'))).toThrow('found none; give a CSV');
});
