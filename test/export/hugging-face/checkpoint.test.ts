import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../../../lib/core/errors';
import { HostTensor, hostTensor } from '../../../lib/core/host-tensor';
import { readCheckpoint } from '../../../lib/export/hugging-face/checkpoint';
import { writeSafetensors } from '../../../lib/export/safetensors';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'checkpoint-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const numbers = (...values: number[]) => hostTensor(Float32Array.from(values), [values.length]);

function write(file: string, tensors: Record<string, HostTensor>): void {
  writeSafetensors(path.join(folder, file), new Map(Object.entries(tensors)));
}

function writeIndex(index: object | string): void {
  const text = typeof index === 'string' ? index : JSON.stringify(index);
  fs.writeFileSync(path.join(folder, 'model.safetensors.index.json'), text);
}

const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const refused = (message: string | RegExp) => {
  expect(() => readCheckpoint(folder)).toThrow(UserError);
  expect(() => readCheckpoint(folder)).toThrow(message);
};

describe('readCheckpoint', () => {
  beforeEach(() => {
    write(first, { a: numbers(1, 2), b: numbers(3) });
    write(second, { c: numbers(4) });
    writeIndex({ metadata: { total_size: 16 }, weight_map: { a: first, b: first, c: second } });
  });

  it('reads shards', () => {
    const tensors = Object.fromEntries(readCheckpoint(folder));
    expect(tensors).toEqual({ a: numbers(1, 2), b: numbers(3), c: numbers(4) });
  });

  it('reads the single file where there is one', () => {
    write('model.safetensors', { d: numbers(5) });
    expect([...readCheckpoint(folder).keys()]).toEqual(['d']);
  });

  it.each([
    [{}, 'but it has none'],
    [{ weight_map: ['a'] }, 'but it has none'],
    [{ weight_map: { a: '../other.safetensors' } }, '"a" is in "../other.safetensors"'],
    [{ weight_map: { a: '/etc/passwd' } }, '"a" is in "/etc/passwd"'],
    [{ weight_map: { a: null } }, '"a" is in null'],
    [{ weight_map: { a: 'none.safetensors' } }, 'none.safetensors, but it cannot be opened'],
    [`{"weight_map":{"a":"${first}","a":"${second}"}}`, 'it has "a" twice'],
    [{ weight_map: { a: first, c: second } }, /"b" in no file .* is in model-00001/],
    [{ weight_map: { a: first, b: first, c: second, d: second } }, /"d" in model-00002.* none of the files/],
    [{ weight_map: { a: first, b: second, c: second } }, /"b" in model-00002.* is in model-00001/],
    ['[', 'Expected a JSON object'],
  ])('refuses an index %j', (index, message) => {
    writeIndex(index);
    refused(message);
  });
});

describe('readCheckpoint of a folder without safetensors', () => {
  it.each(['pytorch_model.bin', 'pytorch_model.bin.index.json'])('refuses %s with a way out', (name) => {
    fs.writeFileSync(path.join(folder, name), '');
    refused(new RegExp(`got ${name}, a pickle.*convert it, in that folder: python -c "[^"\n]*"$`));
  });

  it('says that there is none', () => refused('model.safetensors, but it cannot be opened'));
});
