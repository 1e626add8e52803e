import { quoted } from './printable';
import type { Json } from './config';

/** A place where two pieces of plain data differ; undefined where one of them has nothing. */
export interface Difference {
  /** `loss/name`; empty where all of it differs. */
  readonly path: string;
  readonly before: Json | undefined;
  readonly now: Json | undefined;
}

/** Where two pieces of plain data differ, innermost places, in the order of their keys. What has another `name` differs as a whole. */
export function differences(before: Json | undefined, now: Json | undefined, path = ''): Difference[] {
  if (isRecord(before) && isRecord(now) && before['name'] === now['name']) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(before[key], now[key], path === '' ? key : `${path}/${key}`));
  }
  return sameValue(before, now) ? [] : [{ path, before, now }];
}

type Record = { readonly [key: string]: Json };

const isRecord = (value: Json | undefined): value is Record =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of what are not both records: NaN is NaN. */
function sameValue(one: Json | undefined, other: Json | undefined): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other);
  return (
    one.length === other.length && one.every((part, i) => differences(part, other[i] as Json).length === 0)
  );
}

/** What differs, for a message: `rate was 0.1 and is 0.2, seed was 1 and is not given`. */
export function describeDifferences(found: readonly Difference[]): string {
  const shown = (value: Json | undefined) => (value === undefined ? 'not given' : quoted(value));
  return found.map(({ path, before, now }) => `${path} was ${shown(before)} and is ${shown(now)}`).join(', ');
}
