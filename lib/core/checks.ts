/** Whether a value, out of a file for example, is of a kind. */
export type Check = (value: unknown) => boolean;

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isNumber = (value: unknown): value is number => typeof value === 'number';

/** A whole number from 0. */
export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

/** An object that is no list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One of several kinds. */
export const either =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));

/** Of the kind, null, or not there. */
export const optional = (check: Check): Check =>
  either((value) => value === undefined || value === null, check);

export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every((item) => check(item));

export const pairOf =
  (first: Check, second: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1]);

/** A record of any names. */
export const mapOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every((item) => check(item));

/** Kinds by the names of fields. */
export type Fields = Readonly<Record<string, Check>>;

/** The first field of a record that is not of its kind; undefined where all are. */
export const misfit = (record: Readonly<Record<string, unknown>>, fields: Fields): string | undefined =>
  Object.keys(fields).find((name) => !fields[name]!(record[name]));

/** A record of these fields, and perhaps others. */
export const recordOf =
  (fields: Fields): Check =>
  (value) =>
    isRecord(value) && misfit(value, fields) === undefined;
