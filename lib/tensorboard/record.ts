import { maskedCrc32c } from './crc32c';

const HEADER = 12; // uint64 length, uint32 masked CRC of the length
const FOOTER = 4; // uint32 masked CRC of the data

/**
 * One TFRecord: `uint64 length, uint32 crc(length), data, uint32 crc(data)`, little-endian, with masked
 * CRC-32C sums.
 */
export function frameRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER + data.length + FOOTER);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, HEADER);
  record.writeUInt32LE(maskedCrc32c(data), HEADER + data.length);
  return record;
}

/** One whole record of a file: its data and the offset of the first byte after it. */
export interface RecordAt {
  readonly data: Buffer;
  readonly end: number;
}

/** The whole, undamaged records from the start of a file's bytes, up to the first that is not. */
export function* readRecords(bytes: Buffer): Generator<RecordAt> {
  for (let start = 0; start + HEADER + FOOTER <= bytes.length;) {
    if (bytes.readUInt32LE(start + 8) !== maskedCrc32c(bytes.subarray(start, start + 8))) return;
    const dataEnd = start + HEADER + Number(bytes.readBigUInt64LE(start));
    const end = dataEnd + FOOTER;
    if (end > bytes.length) return;
    const data = bytes.subarray(start + HEADER, dataEnd);
    if (bytes.readUInt32LE(dataEnd) !== maskedCrc32c(data)) return;
    yield { data, end };
    start = end;
  }
}
