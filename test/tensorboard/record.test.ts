import { crc32c, maskedCrc32c } from '../../lib/tensorboard/crc32c';
import { frameRecord, readRecords } from '../../lib/tensorboard/record';

const ascii = (text: string) => Buffer.from(text, 'ascii');
const dataOf = (bytes: Buffer) => [...readRecords(bytes)].map(({ data }) => data.toString('ascii'));

describe('crc32c', () => {
  it('gives the values of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
  });

  it('is 0 for no bytes, and then masked to the constant alone', () => {
    expect(crc32c(new Uint8Array(0))).toBe(0);
    expect(maskedCrc32c(new Uint8Array(0))).toBe(0xa282ead8);
  });

  it('masks by a rotation of 15 bits and a constant', () => {
    const crc = 0xe3069283n; // of '123456789'
    const rotated = ((crc >> 15n) | (crc << 17n)) & 0xffffffffn;
    expect(BigInt(maskedCrc32c(ascii('123456789')))).toBe((rotated + 0xa282ead8n) & 0xffffffffn);
  });
});

describe('records', () => {
  it('frames data as length, its checksum, data, its checksum', () => {
    const record = frameRecord(ascii('abc'));
    expect(record.length).toBe(8 + 4 + 3 + 4);
    expect(record.subarray(0, 8)).toEqual(Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]));
    expect(record.readUInt32LE(8)).toBe(maskedCrc32c(record.subarray(0, 8)));
    expect(record.subarray(12, 15).toString('ascii')).toBe('abc');
    expect(record.readUInt32LE(15)).toBe(maskedCrc32c(ascii('abc')));
  });

  it('reads back what it framed, with where each record ends', () => {
    const bytes = Buffer.concat([
      frameRecord(ascii('one')),
      frameRecord(ascii('')),
      frameRecord(ascii('three')),
    ]);
    expect(dataOf(bytes)).toEqual(['one', '', 'three']);
    expect([...readRecords(bytes)].map(({ end }) => end)).toEqual([19, 35, 56]);
  });

  it('stops before a record cut anywhere', () => {
    const [first, second] = [frameRecord(ascii('one')), frameRecord(ascii('second'))];
    const bytes = Buffer.concat([first, second]);
    for (let length = first.length; length < bytes.length; length++) {
      expect(dataOf(bytes.subarray(0, length))).toEqual(['one']);
    }
    expect(dataOf(first.subarray(0, first.length - 1))).toEqual([]);
  });

  it('stops before a record with any flipped bit, and before a tail of zeros', () => {
    const first = frameRecord(ascii('one'));
    const second = frameRecord(ascii('two'));
    for (let at = 0; at < second.length; at++) {
      const damaged = Buffer.from(second);
      damaged[at] = damaged[at]! ^ 1;
      expect(dataOf(Buffer.concat([first, damaged]))).toEqual(['one']);
    }
    expect(dataOf(Buffer.concat([first, Buffer.alloc(64)]))).toEqual(['one']);
  });
});
