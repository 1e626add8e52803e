import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { readSafetensors, writeSafetensors } from '../../lib/export/safetensors';

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'safetensors-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const file = () => path.join(folder, 'x.safetensors');

/** A file of this header and these bytes of data. */
function write(header: string | Buffer | object, data: Uint8Array | number = 0, announced?: bigint): string {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const json = Buffer.isBuffer(header) ? header : Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced ?? BigInt(json.length));
  fs.writeFileSync(
    file(),
    Buffer.concat([length, json, typeof data === 'number' ? Buffer.alloc(data) : data]),
  );
  return file();
}

const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('reads back what was written, exactly', () => {
    const entries = new Map<string, HostTensor>([
      ['mask', hostTensor(Uint8Array.of(0, 1, 255), [3])],
      ['weight', hostTensor(Float32Array.of(1.5, -0, NaN, Infinity, 1e-45, 3), [2, 3])],
      ['step', hostTensor(Int32Array.of(-7), [])],
      ['none', hostTensor(new Float32Array(0), [0, 4])],
    ]);
    writeSafetensors(file(), entries);
    expect(readSafetensors(file())).toEqual(entries);
  });

  it('writes the same bytes whatever the order, aligned, with metadata', () => {
    const entries: [string, HostTensor][] = [
      ['a', hostTensor(Uint8Array.of(1), [1])],
      ['b', hostTensor(Float32Array.of(1), [1])],
    ];
    const bytes = [entries, [...entries].reverse()].map((order) => {
      writeSafetensors(file(), new Map(order), { format: 'pt' });
      return fs.readFileSync(file());
    });
    expect(bytes[0]).toEqual(bytes[1]);
    const length = Number(bytes[0]!.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes[0]!.toString('utf8', 8, 8 + length))).toEqual({
      __metadata__: { format: 'pt' },
      b: entry('F32', [1], 0, 4),
      a: entry('U8', [1], 4, 5),
    });
  });

  it('writes views of a larger buffer', () => {
    writeSafetensors(file(), new Map([['v', hostTensor(Float32Array.of(1, 2, 3, 4).subarray(1, 3), [2])]]));
    expect([...readSafetensors(file()).get('v')!.data]).toEqual([2, 3]);
  });

  it.each(['__metadata__', '__proto__'])(
    'refuses to write a tensor named %s, and leaves what is there',
    (name) => {
      writeSafetensors(file(), new Map());
      const before = fs.readFileSync(file());
      const entries = new Map([[name, hostTensor(Float32Array.of(1), [1])]]);
      expect(() => writeSafetensors(file(), entries)).toThrow(UserError);
      expect(() => writeSafetensors(file(), entries)).toThrow(`got "${name}", which no file can hold`);
      expect(fs.readFileSync(file())).toEqual(before);
    },
  );

  it('widens half precision, narrows 64-bit integers', () => {
    const read = (dtype: string, values: ArrayBufferView, n: number) => {
      const bytes = new Uint8Array(values.buffer);
      return [...readSafetensors(write({ x: entry(dtype, [n], 0, bytes.length) }, bytes)).get('x')!.data];
    };
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x8000, 0x7bff, 0x7c00, 0x7e00);
    expect(read('F16', halves, 8)).toEqual([1, -2, 0.333251953125, 2 ** -24, -0, 65504, Infinity, NaN]);
    expect(read('BF16', Uint16Array.of(0x3f80, 0xc049), 2)).toEqual([1, -3.140625]);
    expect(read('I64', BigInt64Array.of(-2n, 2n ** 31n - 1n), 2)).toEqual([-2, 2 ** 31 - 1]);
    expect(read('F64', Float64Array.of(0.1, -2), 2)).toEqual([Math.fround(0.1), -2]);
    expect(read('I8', Int8Array.of(-128, 127), 2)).toEqual([-128, 127]);
    expect(() => read('I64', BigInt64Array.of(2n ** 31n), 1)).toThrow('32 bits in "x"');
  });

  const json = JSON.stringify;
  const deep = (field: string) =>
    `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"${field}":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`.replace(
      field === 'dtype' ? '"dtype":"F32",' : '"shape":[1],',
      '',
    );
  const F = (begin: number, end: number) => entry('F32', [(end - begin) / 4], begin, end);

  it.each<[string, () => string]>([
    ['an empty file', () => (fs.writeFileSync(file(), ''), file())],
    ['a length beyond the file', () => write({}, 0, 3n)],
    ['a huge length', () => write({}, 0, 2n ** 63n)],
    ['a header that is not JSON', () => write('{"a":')],
    ['a header behind a space', () => write(' {}')],
    ['a header that is no UTF-8', () => write(Buffer.from('{"\xff":{}}', 'latin1'))],
    ['a header that ends within a string', () => write('{"a')],
    ['metadata that are no texts', () => write({ __metadata__: { format: 1 } })],
    ['a name twice', () => write(`{"a":${json(F(0, 4))},"a":${json(F(0, 4))}}`, 4)],
    ['a name twice, once escaped', () => write(`{"a":${json(F(0, 4))},"\\u0061" :${json(F(0, 4))}}`, 4)],
    ['a field twice', () => write('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)],
    ['a header that is a list', () => write('[]')],
    ['an entry that is null', () => write('{"a":null}')],
    ['an unknown dtype', () => write({ a: entry('F99', [1], 0, 4) }, 4)],
    ['a dtype out of the prototype', () => write({ a: entry('toString', [1], 0, 4) }, 4)],
    ['a dtype that is nested deep', () => write(deep('dtype'), 4)],
    ['a shape that is nested deep', () => write(deep('shape'), 4)],
    ['a dtype of many megabytes', () => write({ a: { ...F(0, 4), dtype: 'x'.repeat(1e7) } }, 4)],
    ['a negative size', () => write({ a: entry('F32', [-1, -1], 0, 4) }, 4)],
    ['a fractional size', () => write({ a: entry('F32', [0.5, 2], 0, 4) }, 4)],
    ['a negative offset', () => write({ a: entry('F32', [1], -4, 0) }, 4)],
    ['a size that is text', () => write({ a: entry('F32', ['1'], 0, 4) }, 4)],
    ['three offsets', () => write({ a: { ...F(0, 4), data_offsets: [0, 4, 8] } }, 4)],
    ['offsets beyond the file', () => write({ a: F(0, 4_000_000_000) }, 4)],
    ['offsets that wrap around', () => write({ a: entry('F32', [2 ** 40, 2 ** 40], 0, 4) }, 4)],
    ['an overflow hidden by a zero', () => write({ a: entry('F32', [2 ** 52, 2 ** 52, 0], 0, 0) })],
    [
      'sizes beyond exact numbers',
      () => write('{"a":{"dtype":"U8","shape":[1e400],"data_offsets":[0,1]}}', 1),
    ],
    ['a dtype of another size', () => write({ a: entry('F64', [1], 0, 4) }, 4)],
    ['offsets in reverse', () => write({ a: entry('U8', [0], 4, 0) }, 4)],
    ['a shape of another length', () => write({ a: entry('F32', [2], 0, 4) }, 4)],
    ['overlapping tensors', () => write({ a: F(0, 8), b: F(4, 12) }, 12)],
    ['two tensors in one place', () => write({ a: F(0, 4), b: F(0, 4) }, 4)],
    ['a hole', () => write({ a: F(0, 4), b: F(8, 12) }, 12)],
    ['bytes left over', () => write({ a: F(0, 4) }, 8)],
  ])('refuses %s', (_, make) => {
    const name = make();
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readSafetensors(name)).toThrow(UserError);
    expect(() => readSafetensors(name)).toThrow(name);
    expect(() => readSafetensors(name)).not.toThrow(/.{1000}/); // a sentence, whatever the file holds
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  it('reads a damaged file or refuses it, wherever the damage is', () => {
    const entries = new Map<string, HostTensor>([
      ['weight', hostTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])],
      ['step', hostTensor(Int32Array.of(7), [])],
    ]);
    writeSafetensors(file(), entries, { format: 'pt' });
    const bytes = fs.readFileSync(file());
    const outcome = (damaged: Uint8Array): string => {
      fs.writeFileSync(file(), damaged);
      try {
        return String([...readSafetensors(file()).values()].map(({ data }) => data.byteLength));
      } catch (error) {
        return error instanceof UserError ? 'refused' : String(error);
      }
    };
    const header = bytes.length - 28;
    const outcomes = Array.from({ length: header }, (_, place) =>
      [...'"0-{,\xff'].map((byte) => {
        const damaged = Uint8Array.from(bytes);
        damaged[place] = byte.charCodeAt(0);
        return outcome(damaged);
      }),
    );
    expect(new Set(outcomes.flat())).toEqual(new Set(['4,24', 'refused'])); // other names or metadata, at most
    const cut = Array.from({ length: bytes.length }, (_, length) => outcome(bytes.subarray(0, length)));
    expect(new Set(cut)).toEqual(new Set(['refused']));
  });

  it('refuses a file that is not there', () => {
    expect(() => readSafetensors(path.join(folder, 'none'))).toThrow('cannot be opened');
  });
});
