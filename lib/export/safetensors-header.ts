import { UserError } from '../core/errors';

/** Where one tensor lies in a safetensors file. */
export interface StoredEntry {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: number[];
  /** Bytes from the start of the data, end exclusive. */
  readonly begin: number;
  readonly end: number;
}

/** Bytes per element of the dtypes that can be read. */
export const BYTES = { F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I8: 1, U8: 1, BOOL: 1 } as const;
export type StoredType = keyof typeof BYTES;

/**
 * Reads the JSON header of a safetensors file and checks it whole: every dtype known, every shape made of whole numbers, every
 * tensor exactly as long as its shape, and all of them side by side from the start of the data to its end.
 *
 * @param file for the messages.
 * @param dataBytes bytes of the file after the header.
 * @returns the entries in the order of their data.
 * @throws UserError that says what is wrong.
 */
export function parseHeader(json: string, dataBytes: number, file: string): StoredEntry[] {
  const refuse = (problem: string): never => {
    throw new UserError(`Expected a safetensors file at ${file}, but ${problem}; download or save it again.`);
  };
  const header = parseObject(json) ?? refuse('its header is not a JSON object');
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value) ?? refuse(`its entry "${name}" is malformed`));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== position) refuse(`the data of "${name}" starts at byte ${begin} instead of ${position}`);
    position = end;
  }
  if (position !== dataBytes) refuse(`its tensors take ${position} bytes where the file has ${dataBytes}`);
  return entries;
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseEntry(name: string, value: unknown): StoredEntry | undefined {
  if (!isRecord(value)) return undefined;
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype)) return undefined;
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return undefined;
  const [begin, end] = offsets as [number, number];
  // Exact below 2^53, and beyond it far above any file's length: never equal by mistake.
  const bytes = shape.reduce((product, size) => product * size, BYTES[dtype as StoredType]);
  return end - begin === bytes ? { name, dtype: dtype as StoredType, shape, begin, end } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}
