import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { expectWhole, writeSealedText } from '../../lib/core/sealed-file';
import { crashAt } from '../trainers/crash';

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-sealed-'));
  file = path.join(folder, 'a.txt');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const check = () => expectWhole(file, 'delete it');

it('is whole as it was written, and as it was written again', () => {
  for (const text of ['', 'one', 'x'.repeat(10_000_000)]) {
    writeSealedText(file, text);
    check();
    expect(fs.readFileSync(file, 'utf8')).toBe(text);
  }
  expect(fs.readdirSync(folder)).toEqual(['a.txt', 'a.txt.sha256']);
  expect(JSON.parse(fs.readFileSync(`${file}.sha256`, 'utf8'))).toEqual({ 'a.txt': expect.any(String) });
});

it.each<[string, () => void, string]>([
  [
    'another byte',
    () => fs.writeFileSync(file, 'onf'),
    'a.txt has other bytes than were written; delete it.',
  ],
  [
    'one more byte',
    () => fs.appendFileSync(file, '\n'),
    'a.txt has other bytes than were written; delete it.',
  ],
  ['no bytes', () => fs.truncateSync(file), 'a.txt has other bytes than were written; delete it.'],
  ['no digest', () => fs.rmSync(`${file}.sha256`), 'a.txt.sha256 is missing; delete it.'],
  [
    'half a digest',
    () => fs.truncateSync(`${file}.sha256`, 20),
    'a.txt.sha256 is no list of digests; delete it.',
  ],
  ['no file', () => fs.rmSync(file), 'a.txt is missing; delete it.'],
])('is refused with %s', (_, damage, message) => {
  writeSealedText(file, 'one');
  damage();
  expect(check).toThrow(UserError);
  expect(check).toThrow(message);
});

it('is missing or whole wherever its first writing is killed', async () => {
  const attempt = async (limit: number) => {
    fs.rmSync(folder, { recursive: true });
    fs.mkdirSync(folder);
    return crashAt(limit, () => writeSealedText(file, 'one'));
  };
  const seen = new Set<boolean>();
  for (let limit = 0; (await attempt(limit)).crashed; limit++) {
    seen.add(fs.existsSync(file));
    if (fs.existsSync(file)) check();
    writeSealedText(file, 'one');
    check();
  }
  expect(seen).toContain(false);
});
