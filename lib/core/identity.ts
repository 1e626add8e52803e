import { createHash } from 'node:crypto';
import { configOf, Json } from './config';

/**
 * What a part of a program is, as plain data that two runs can compare: its config, or, of what has none, such as a function of the
 * caller's own, a digest of its source.
 */
export function identityOf(part: object): Json {
  const config = configOf(part);
  if (config) return config as unknown as Json;
  return { source: digestOfText(typeof part === 'function' ? part.toString() : Object.keys(part).join()) };
}

/** The first 16 hexadecimal digits of a text's sha256. */
export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
