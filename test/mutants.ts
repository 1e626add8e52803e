import { Random, seededRandom } from '../lib/core/random';

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)]!;

/** Stand for JSON that no value of ours makes: infinite numbers, and a list of lists of lists. */
const RAW: Readonly<Record<string, string>> = {
  '@infinite': '1e999',
  '@minus infinite': '-1e999',
  '@deep': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  '@nested': `${'{"a":'.repeat(5_000)}0${'}'.repeat(5_000)}`,
};

/** What a program may fall over, in the place of whatever is expected. */
const HOSTILE: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    -1,
    1,
    2,
    0.5,
    1e-9,
    1e-300,
    1e8,
    2e5,
    1e9,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e300,
    -1e9,
  ],
  ...[
    '',
    'x',
    '0',
    'NaN',
    '__proto__',
    'constructor',
    'toString',
    '\u001b[2J\u009b',
    '../..',
    '\ud800',
    'F64',
    'I8',
  ],
  ...[[], [0], [[]], [1, 2, 3], ['a', 'b'], [null], {}, { a: 1 }, { length: 1e9 }, 'y'.repeat(50_000)],
  ...Object.keys(RAW),
];

type Container = Record<string | number, unknown>;

/** A place in a JSON value: what holds it, and under which key. */
interface Place {
  readonly holder: Container;
  readonly key: string | number;
}

function placesIn(holder: Container): Place[] {
  const keys = Array.isArray(holder) ? [...holder.keys()] : Object.keys(holder);
  return keys.flatMap((key) => {
    const value = holder[key];
    const inner = typeof value === 'object' && value !== null ? placesIn(value as Container) : [];
    return [{ holder, key }, ...inner];
  });
}

/** Ways to change a place; the last two need another one. */
const CHANGES: readonly ((place: Place, other: Place, random: Random) => void)[] = [
  ({ holder, key }, _, random) => (holder[key] = structuredClone(pick(HOSTILE, random))),
  ({ holder, key }, _, random) => (holder[key] = structuredClone(pick(HOSTILE, random))),
  ({ holder, key }, _, random) => (holder[key] = nearby(holder[key], random)),
  ({ holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  ({ holder, key }, _, random) => {
    const value = holder[key];
    delete holder[key];
    if (Array.isArray(holder)) return; // a hole is null; an array with a name of its own is none that JSON could hold
    const name = pick(['__proto__', 'constructor', '', `${key}x`, String(key).slice(1), '-1', '1e9'], random);
    Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
  },
  ({ holder, key }, other) => (holder[key] = structuredClone(other.holder[other.key])),
  ({ holder, key }, other) => {
    const value = structuredClone(holder[key]);
    holder[key] = structuredClone(other.holder[other.key]);
    other.holder[other.key] = value;
  },
];

function nearby(value: unknown, random: Random): unknown {
  if (typeof value === 'number')
    return pick([value + 1, value - 1, -value, 2 * value, value / 2, value * 1e6, 0], random);
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string')
    return pick([value.slice(1), `${value}${value}`, value.toUpperCase(), ` ${value}`], random);
  if (Array.isArray(value))
    return pick([[...value, ...value], value.slice(1), [value], value.toReversed()], random);
  return pick([[value], { ...(value as object), more: 1 }, null], random);
}

/** JSON with one to three places changed. */
function mutantOfValue(json: string, random: Random): string {
  const root = { root: JSON.parse(json) as unknown };
  for (let changes = 1 + Math.floor(2.2 * random() ** 2); changes > 0; changes--) {
    const places = placesIn(root);
    if (places.length > 0) pick(CHANGES, random)(pick(places, random), pick(places, random), random);
  }
  const text = JSON.stringify(root.root) ?? '';
  return text.replace(/"(@[a-z ]+)"/g, (whole, name: string) => RAW[name] ?? whole);
}

/** Bytes with some changed, cut out, or put in again elsewhere. */
export function mutantOfBytes(bytes: Uint8Array, random: Random): Buffer {
  const at = () => Math.floor(random() * (bytes.length + 1));
  const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
  const part = (begin: number, end: number) => bytes.subarray(begin, end);
  const flipped = Uint8Array.from(bytes);
  for (let flips = 1 + Math.floor(4 * random() ** 3); flips > 0; flips--)
    flipped[Math.min(at(), bytes.length - 1)] = Math.floor(256 * random());
  const short = Math.min(to, from + 1 + Math.floor(8 * random()));
  return Buffer.concat(
    pick(
      [
        [flipped],
        [flipped],
        [part(0, from)],
        [part(0, from), part(short, bytes.length)],
        [part(0, to), part(from, bytes.length)],
        [
          part(0, from),
          Buffer.from(pick(['\0', '\u001b', '\ufeff', '"', '[', '}', '\n', '\r', ','], random)),
          part(from, bytes.length),
        ],
      ],
      random,
    ),
  );
}

/** A text of JSON, damaged: what it says in most cases, and how it is written. */
export function mutantOfJson(json: string, random: Random): Buffer {
  return random() < 0.8 ? Buffer.from(mutantOfValue(json, random)) : mutantOfBytes(Buffer.from(json), random);
}

/** A safetensors file with another header in front of its data. */
function withHeader(file: Buffer, change: (json: string) => Buffer): Buffer {
  const length = Number(file.readBigUInt64LE());
  const header = change(file.toString('utf8', 8, 8 + length));
  const announced = Buffer.alloc(8);
  announced.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([announced, header, file.subarray(8 + length)]);
}

/** A safetensors file with its header damaged as JSON, its data left. */
export const mutantOfHeader = (file: Buffer, random: Random): Buffer =>
  withHeader(file, (json) => mutantOfJson(json, random));

/** A safetensors file with one text of its metadata, which is JSON, damaged. */
export const mutantOfMetadata =
  (key: string) =>
  (file: Buffer, random: Random): Buffer =>
    withHeader(file, (json) => {
      const header = JSON.parse(json) as { readonly __metadata__: Record<string, string> };
      header.__metadata__[key] = mutantOfJson(header.__metadata__[key]!, random).toString();
      return Buffer.from(JSON.stringify(header));
    });

/** A safetensors file, damaged but for its data, of which the format says nothing: what its header says, or any of the bytes before them. */
export function mutantOfSafetensors(file: Buffer, random: Random): Buffer {
  if (random() < 0.8) return mutantOfHeader(file, random);
  const start = 8 + Number(file.readBigUInt64LE());
  return Buffer.concat([mutantOfBytes(file.subarray(0, start), random), file.subarray(start)]);
}

/** The random numbers of one mutant. */
export const randomOfMutant = (kind: string, number: number): Random => seededRandom(number, kind);
