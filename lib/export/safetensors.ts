import * as fs from 'node:fs';
import { UserError } from '../core/errors';
import { HalfFormat, numbersOfHalves } from '../core/half';
import { HostTensor, hostTensor } from '../core/host-tensor';
import { BYTES, Header, parseHeader, StoredType } from './safetensors-header';

/** The format's own limit; it also keeps a broken length from being allocated. */
const LONGEST_HEADER = 100_000_000;

/** A tensor as it lies in the file. */
export interface StoredTensor {
  readonly dtype: StoredType;
  readonly shape: number[];
  /** Little-endian, row-major, in memory of their own. */
  readonly bytes: Uint8Array;
}

/** What a safetensors file holds. */
export interface StoredTensors {
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file (github.com/huggingface/safetensors): every tensor by name, in the order of the file.
 *
 * F64, F32, F16 and BF16 become float32; I32, I64 and I8 int32; BOOL and U8 bytes (`bool`). The header is checked whole before
 * anything is allocated for tensors.
 *
 * @throws UserError for a file that is missing, damaged, or holds an I64 beyond 32 bits.
 *
 * @example readSafetensors('model/model.safetensors').get('classifier.weight')?.shape
 */
export function readSafetensors(path: string): Map<string, HostTensor> {
  return readFile(path, (name, stored) => hostTensorOf(stored, name, path)).tensors;
}

/** The same with the bytes as they are, and the metadata. */
export function readStored(path: string): StoredTensors {
  return readFile(path, (_, stored) => stored);
}

function readFile<T>(
  path: string,
  take: (name: string, stored: StoredTensor) => T,
): { tensors: Map<string, T>; metadata: Header['metadata'] } {
  const file = openForReading(path);
  try {
    const { header, start } = readHeader(file, path);
    const tensors = header.entries.map(({ name, dtype, shape, begin, end }) => {
      const bytes = readBytes(file, start + begin, end - begin);
      return [name, take(name, { dtype, shape, bytes })] as const;
    });
    return { tensors: new Map(tensors), metadata: header.metadata };
  } finally {
    fs.closeSync(file);
  }
}

function openForReading(path: string): number {
  if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(`Expected a safetensors file at ${path}, found a folder; name a file in it.`);
  }
  try {
    return fs.openSync(path, 'r');
  } catch {
    throw new UserError(`Expected a safetensors file at ${path}, but it cannot be opened; check the path.`);
  }
}

function readHeader(file: number, path: string): { header: Header; start: number } {
  const { size } = fs.fstatSync(file);
  const length = size >= 8 ? Number(Buffer.from(readBytes(file, 0, 8)).readBigUInt64LE()) : Infinity;
  if (length > Math.min(size - 8, LONGEST_HEADER)) {
    throw new UserError(
      `Expected a safetensors file at ${path}, but its ${size} bytes do not hold the header it announces; ` +
        'download or save it again.',
    );
  }
  const json = decode(readBytes(file, 8, length)) ?? ''; // which is no JSON either
  return { header: parseHeader(json, size - 8 - length, path), start: 8 + length };
}

/** Undefined for bytes that are no UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readBytes(file: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = fs.readSync(file, bytes, done, Math.min(length - done, 2 ** 30), position + done);
    if (read === 0) throw new Error('The file became shorter while it was read.');
    done += read;
  }
  return bytes;
}

function hostTensorOf({ dtype, shape, bytes }: StoredTensor, name: string, path: string): HostTensor {
  const { buffer } = bytes;
  switch (dtype) {
    case 'F64':
      return hostTensor(Float32Array.from(new Float64Array(buffer)), shape);
    case 'F32':
      return hostTensor(new Float32Array(buffer), shape);
    case 'F16':
      return hostTensor(numbersOfHalves(new Uint16Array(buffer), 'fp16'), shape);
    case 'BF16':
      return hostTensor(numbersOfHalves(new Uint16Array(buffer), 'bf16'), shape);
    case 'I32':
      return hostTensor(new Int32Array(buffer), shape);
    case 'I64':
      return hostTensor(narrow(new BigInt64Array(buffer), name, path), shape);
    case 'I8':
      return hostTensor(Int32Array.from(new Int8Array(buffer)), shape);
    case 'U8':
    case 'BOOL':
      return hostTensor(new Uint8Array(buffer), shape);
  }
}

function narrow(values: BigInt64Array, name: string, path: string): Int32Array {
  const narrowed = Int32Array.from(values, Number);
  if (narrowed.some((value, i) => BigInt(value) !== values[i])) {
    throw new UserError(`Expected integers of 32 bits in "${name}" of ${path}, got larger ones.`);
  }
  return narrowed;
}

const STORED = { float32: 'F32', int32: 'I32', bool: 'U8', int8: 'I8', fp16: 'F16', bf16: 'BF16' } as const;

/** What can be written: tensors, signed codes, and numbers of 16 bits. */
export type Storable = HostTensor | StoredInt8 | StoredHalf;

/** Signed codes, as `codesOf` gives those of 8 bits. */
export interface StoredInt8 {
  /** `I8` in the file. */
  readonly dtype: 'int8';
  /** The product is `data.length`. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Int8Array;
}

/** Numbers of 16 bits, as `encode` gives those of `fp16()` and `bf16()`. */
export interface StoredHalf {
  /** `F16` or `BF16` in the file. */
  readonly dtype: HalfFormat;
  /** The product is `data.length`. */
  readonly shape: readonly number[];
  /** The bits, row-major. */
  readonly data: Uint16Array;
}

/**
 * Writes tensors as a safetensors file and waits until they are on the disk. The same tensors give the same bytes, whatever
 * their order in the map: the four-byte ones come first (so that all are aligned), by name. Bytes (`bool`) are stored as U8.
 *
 * @param metadata free text by key, kept in the header.
 * @throws UserError, before anything is written, for a tensor named `__metadata__`, which is the format's own, or `__proto__`.
 *
 * @example writeSafetensors('weights.safetensors', new Map([['bias', hostTensor(Float32Array.of(1, 2), [2])]]));
 */
export function writeSafetensors(
  path: string,
  entries: ReadonlyMap<string, Storable>,
  metadata?: Readonly<Record<string, string>>,
): void {
  for (const name of RESERVED) if (entries.has(name)) throw reserved(name, path);
  const order = [...entries].sort(
    ([a, x], [b, y]) => bytesPerElement(y) - bytesPerElement(x) || (a < b ? -1 : 1),
  );
  const header: Record<string, object> = metadata ? { __metadata__: metadata } : {};
  let position = 0;
  for (const [name, { dtype, shape, data }] of order) {
    header[name] = { dtype: STORED[dtype], shape, data_offsets: [position, (position += data.byteLength)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padding = -json.length & 7;
  const file = fs.openSync(path, 'w');
  try {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length + padding));
    for (const part of [length, json, Buffer.alloc(padding, ' '), ...order.map(([, { data }]) => data)]) {
      writeBytes(file, new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    }
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

/** The format's own name, and one that JavaScript's objects do not have as a field. */
const RESERVED = ['__metadata__', '__proto__'];

const reserved = (name: string, path: string): UserError =>
  new UserError(
    `Expected names of tensors for ${path}, got "${name}", which no file can hold; give it another name.`,
  );

function bytesPerElement({ dtype }: Storable): number {
  return BYTES[STORED[dtype]];
}

function writeBytes(file: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30));
}
