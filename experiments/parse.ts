import * as fs from 'node:fs';
import * as path from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { hubName } from '../datasets/download/hub-name';

/** The path of a file or folder, wherever the program goes. */
export const absolute = (folder: string) => path.resolve(folder);

/** A model of the Hugging Face Hub by its name, `owner/name` or `owner/name@revision`, unless that is a folder here. */
export const folderOrName = (text: string) => (hubName(text) && !fs.existsSync(text) ? text : absolute(text));

/** Collects the values of an option that takes several: `--sparsity 0.5 0.8`. */
export function several<T>(
  parse: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before = []) => [...before, parse(text)];
}

/** An option that takes several values, none of them twice. */
export function eachOnce(option: Option): Option {
  const parse = option.parseArg!;
  return option.argParser((text: string, before: unknown) => {
    const values: unknown = parse(text, before);
    if (!Array.isArray(values) || new Set(values).size === values.length) return values;
    throw new InvalidArgumentError(`Expected each once, got ${text} twice.`);
  });
}

/** A whole number of at least `least`, and at most `most`. */
export function whole(least: number, most = Infinity): (text: string) => number {
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** A finite number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

/** A finite number of at least 0. */
export function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('Expected a number of at least 0.');
}

/** A fraction above 0 and below 1. */
export function fraction(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('Expected a fraction above 0 and below 1, such as 0.8.');
}

/** A share from 0 to 1, both included. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a share from 0 to 1, such as 0.5.');
}
