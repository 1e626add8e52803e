import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { textLines } from '../../datasets/text-lines';
import { UserError } from '../../lib/core/errors';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'text-lines-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function linesOf(content: string | Buffer): Iterable<string> {
  const file = path.join(folder, 'a.txt');
  fs.writeFileSync(file, content);
  return textLines(file);
}

it.each([
  ['one\ntwo\n', ['one', 'two']],
  ['\uFEFFone\r\n\r\n two ', ['one', '', ' two ']],
  ['\uFFFD', ['\uFFFD']],
  ['', []],
])('gives the lines of %j', (content, lines) => {
  expect([...linesOf(content)]).toEqual(lines);
});

it('reads a text larger than what is in memory of it, again and again', () => {
  const expected = Array.from({ length: 60_000 }, (_, i) => `${i} ${'é'.repeat(i % 50)}`);
  const lines = linesOf(expected.join('\n')); // 3 MB
  expect([...lines]).toEqual(expected);
  expect([...lines]).toEqual(expected);
  for (const line of lines) {
    expect(line).toBe('0 ');
    break;
  }
});

it.each<[string, string | Buffer, string]>([
  ['a line that is too long', `a\n${'x'.repeat(2 ** 22 + 1)}`, 'a.txt:2: expected lines of at most 4 MiB'],
  ['another encoding', Buffer.from('fine\ncaf\xe9\n', 'latin1'), 'a.txt:2: expected UTF-8 text'],
  ['UTF-16', Buffer.from('fine', 'utf16le'), 'a.txt:1: expected UTF-8 text'],
])('refuses %s by its number', (_, content, message) => {
  expect(() => [...linesOf(content)]).toThrow(UserError);
  expect(() => [...linesOf(content)]).toThrow(message);
});

it.each([
  [folder, 'found a folder'],
  ['/dev/zero', 'found a pipe or a device'],
  [path.join(folder, 'missing.txt'), 'found none'],
])('refuses %s before it is read', (file, message) => {
  expect(() => textLines(file)).toThrow(UserError);
  expect(() => textLines(file)).toThrow(message);
});
