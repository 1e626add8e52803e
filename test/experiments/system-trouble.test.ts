import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { systemTrouble } from '../../experiments/system-trouble';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-trouble-'));
  fs.writeFileSync(path.join(folder, 'file'), '');
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

function told(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return systemTrouble(error);
  }
  throw new Error('It worked.');
}

it('what a system says of a file is one sentence', () => {
  const at = (...names: string[]) => path.join(folder, ...names);
  expect(told(() => fs.mkdirSync(at('file', 'a')))).toBe(
    `Expected to make ${at('file', 'a')}, but a part of that path is a file (ENOTDIR): choose another place; what was written before stays.`,
  );
  expect(told(() => fs.openSync(at('nowhere'), 'r'))).toMatch(
    /^Expected to open .*nowhere, but it is not there any more/,
  );
  expect(told(() => fs.writeFileSync(at('x'.repeat(300)), ''))).toMatch(
    /^Expected to open .*\(ENAMETOOLONG\): choose a shorter one/,
  );
  expect(told(() => fs.readFileSync(folder))).toMatch(/it is a folder/);
});

it('other errors are ours', () => {
  expect(systemTrouble(new TypeError('x is undefined'))).toBeUndefined();
  expect(systemTrouble(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toBeUndefined();
  expect(systemTrouble('text')).toBeUndefined();
});
