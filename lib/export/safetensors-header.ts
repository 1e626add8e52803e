import { UserError } from '../core/errors';
import { quoted } from '../core/printable';
import { repeatedKey } from './json-keys';

/** Where one tensor lies in a safetensors file. */
export interface StoredEntry {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: number[];
  /** Bytes from the start of the data, end exclusive. */
  readonly begin: number;
  readonly end: number;
}

/** What a header says. */
export interface Header {
  /** In the order of their data. */
  readonly entries: readonly StoredEntry[];
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes per element of the dtypes that can be read. */
export const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I8: 1, U8: 1, BOOL: 1 } as const;
export type StoredType = keyof typeof BYTES;

/**
 * Reads the JSON header of a safetensors file and checks it whole: one entry per name, every dtype known, every shape made of whole
 * numbers, every tensor exactly as long as its shape, and all of them side by side from the start of the data to its end.
 *
 * @param file for the messages.
 * @param dataBytes bytes of the file after the header.
 * @throws UserError that says what is wrong.
 */
export function parseHeader(json: string, dataBytes: number, file: string): Header {
  const refuse = (problem: string): never => {
    throw new UserError(`Expected a safetensors file at ${file}, but ${problem}; download or save it again.`);
  };
  const { __metadata__: metadata = {}, ...header } =
    parseObject(json) ?? refuse('its header is not a JSON object');
  const repeated = repeatedKey(json);
  if (repeated !== undefined) refuse(`its header has ${repeated} twice`);
  if (!isTexts(metadata)) refuse('its __metadata__ is not made of texts');
  const entries = Object.entries(header).map(([name, value]) => parseEntry(name, value, refuse));
  checkPlaces(entries, dataBytes, refuse);
  return { entries, metadata: metadata as Header['metadata'] };
}

type Refuse = (problem: string) => never;

function parseObject(json: string): Record<string, unknown> | undefined {
  if (!json.startsWith('{')) return undefined; // the format allows spaces behind, but none before
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseEntry(name: string, value: unknown, refuse: Refuse): StoredEntry {
  const malformed = (): never => refuse(`its entry ${quoted(name)} is malformed`);
  if (!isRecord(value)) return malformed();
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isStoredType(dtype)) {
    return refuse(
      `its entry ${quoted(name)} has dtype ${quoted(dtype)} instead of ${Object.keys(BYTES).join(', ')}`,
    );
  }
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return malformed();
  const [begin, end] = offsets as [number, number];
  const bytes = bytesOf(dtype, shape);
  if (end - begin === bytes) return { name, dtype, shape, begin, end };
  return refuse(`its entry ${quoted(name)} of shape [${shape.join(', ')}] has ${end - begin} bytes of data`);
}

/** Sorts the entries by place and checks that they fill the data without a gap or an overlap. */
function checkPlaces(entries: StoredEntry[], dataBytes: number, refuse: Refuse): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== position)
      refuse(`the data of ${quoted(name)} starts at byte ${begin} instead of ${position}`);
    position = end;
  }
  if (position !== dataBytes) refuse(`its tensors take ${position} bytes where the file has ${dataBytes}`);
}

/** Undefined for a product beyond 2^53, where doubles are not exact, even if a later size is 0. */
function bytesOf(dtype: StoredType, shape: readonly number[]): number | undefined {
  let bytes: number = BYTES[dtype];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isStoredType(value: unknown): value is StoredType {
  return typeof value === 'string' && Object.hasOwn(BYTES, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}
