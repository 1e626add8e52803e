import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { appendAtomically, writeAtomically, writeFileAtomically } from '../../lib/core/atomic-file';

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
  expect(fs.readdirSync(folder)).toEqual(['b.txt']);
  writeFileAtomically(file, 'new');
  expect(fs.readFileSync(file, 'utf8')).toBe('new');
});

it('takes a text piece by piece, and leaves nothing of one that breaks off', async () => {
  const file = path.join(folder, 'a', 'b.txt');
  const broken = appendAtomically(file, async (append) => {
    append('half');
    await Promise.reject(new Error('no more'));
  });
  await expect(broken).rejects.toThrow('no more');
  expect(fs.readdirSync(path.dirname(file))).toEqual([]);
  await appendAtomically(file, async (append) => {
    append('one ');
    await Promise.resolve();
    append('whole');
  });
  expect(fs.readFileSync(file, 'utf8')).toBe('one whole');
  expect(fs.readdirSync(path.dirname(file))).toEqual(['b.txt']);
});

/** A device that is always full. */
const FULL = '/dev/full';

if (fs.existsSync(FULL)) {
  it('a full disk is told with the name of the file', () => {
    const full = () =>
      writeAtomically(path.join(folder, 'b.txt'), () => {
        const handle = fs.openSync(FULL, 'w');
        try {
          fs.writeSync(handle, 'text');
        } finally {
          fs.closeSync(handle);
        }
      });
    expect(full).toThrow(`ENOSPC: no space left on device, write '${path.join(folder, 'b.txt.part')}'`);
  });
}
