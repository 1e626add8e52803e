import { createHash } from 'node:crypto';
import { UserError } from './errors';
import { nearest } from './nearest';
import { quoted } from './printable';

/** Plain data, as JSON holds it; numbers may be NaN or infinite too. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** How something was made: the name of its factory, and the options, defaults included. Plain data, for JSON and YAML. */
export interface Config {
  /** Of the factory: `cubicDecay`. */
  readonly name: string;
  /** As `madeFrom` takes them back; of functions of one's own a digest of their source. */
  readonly options: { readonly [name: string]: Json };
}

/** Something that remembers how it was made. */
export interface Configured {
  /** What `madeFrom` makes it again of. */
  readonly config: Config;
}

/**
 * Makes a value remember its factory and the options. Options that remember themselves stand as their configs, functions of one's own as a
 * digest of their source, which tells them apart but makes none; undefined ones are left out.
 *
 * @param options all of them, defaults filled in.
 *
 * @example const double = configured((x: number) => 2 * x, 'times', { factor: 2 });
 */
export function configured<T extends object>(value: T, name: string, options: object = {}): T & Configured {
  return Object.assign(value, { config: { name, options: plain(options) as Config['options'] } });
}

/** How something was made, or undefined of what does not remember it. */
export function configOf(value: unknown): Config | undefined {
  const isPlace = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isPlace ? (value as Partial<Configured>).config : undefined;
}

function plain(value: unknown): Json {
  const config = configOf(value);
  if (config) return config as unknown as Json;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, part]) => part !== undefined);
    return Object.fromEntries(entries.map(([key, part]) => [key, plain(part)]));
  }
  return typeof value === 'function' ? { source: digestOfText(value.toString()) } : (value as Json);
}

/**
 * What a part of a program is, as plain data that two runs can compare: its config, or, of what has none, such as a function of the
 * caller's own, a digest of its source.
 */
export function identityOf(part: object): Json {
  return plain(configOf(part) ?? part);
}

/** The first 16 hexadecimal digits of a text's sha256. */
export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Factories of one kind of thing, by name. Options of theirs that are made by factories come here as what was made. */
export type Factories<T extends Partial<Configured>> = Readonly<Record<string, (options: never) => T>>;

/**
 * Makes something of its config, as JSON holds it: the inverse of `configured`. Options that are left out have their defaults.
 *
 * @param kind for messages: `schedule`.
 * @throws UserError for what is no config, a name that no factory has, and options that the factory does not have, with the nearest.
 *
 * @example madeFrom('schedule', { cubicDecay }, { name: 'cubicDecay', options: { finalSparsity: 0.8, endStep: 100 } });
 */
export function madeFrom<T extends Partial<Configured>>(
  kind: string,
  factories: Factories<T>,
  config: unknown,
): T {
  const { name, options } = expectConfig(kind, config);
  const factory = Object.hasOwn(factories, name) ? factories[name] : undefined;
  if (!factory) throw unknownName(withArticle(kind), name, Object.keys(factories));
  const made = factory(options as never);
  const known = Object.keys(made.config?.options ?? {});
  const stranger = Object.keys(options).find((option) => !known.includes(option));
  if (stranger !== undefined) throw unknownName(`an option of ${made.config?.name ?? name}`, stranger, known);
  return made;
}

function expectConfig(kind: string, config: unknown): Config {
  const isRecord = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const { name, options = {} } = (isRecord(config) ? config : {}) as Partial<Config>;
  if (typeof name === 'string' && isRecord(options)) return { name, options };
  throw new UserError(
    `Expected ${withArticle(kind)} as { "name": …, "options": { … } }, got ${quoted(config)}.`,
  );
}

const withArticle = (noun: string) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

function unknownName(what: string, name: string, known: readonly string[]): UserError {
  return new UserError(
    `Expected ${what}, got "${name}"; the nearest are ${nearest(name, known).join(', ') || 'none'}.`,
  );
}
