import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeFileAtomically } from '../lib/core/atomic-file';
import {
  either,
  type Fields,
  isCount,
  isNumber,
  isRecord,
  isText,
  listOf,
  mapOf,
  misfit,
  optional,
  recordOf,
} from '../lib/core/checks';
import { UserError } from '../lib/core/errors';
import { printable } from '../lib/core/printable';
import type { Environment } from './environment';

export type Value = string | number | boolean | readonly number[] | readonly string[];

/** What `config.json` holds: by it a folder is known to be a run's. */
export interface RunConfig {
  readonly script: string;
  /**
   * Everything that decides what is computed or kept; not where it is put (`out`). The number of threads, on which the last bits depend,
   * is part of the environment: a run goes on with that of its start.
   */
  readonly options: Readonly<Record<string, Value>>;
  /** Where it was started, and with how many threads. */
  readonly environment: Environment;
  /** Other places where it went on, in that order. */
  readonly resumedIn?: readonly Environment[];
  /** Where it was finished with less before: what the options were of which there was more then, the first time first. */
  readonly grownFrom?: readonly RunConfig['options'][];
  /** What else is in the folder is of an older run, and is being removed. */
  readonly emptying?: true;
}

const CONFIG = 'config.json';
/** What a start that was killed leaves without a config. */
const STARTED = /^(config\.json\.part|\.lock(\..*)?)$/;
/** Names of strange files in a sentence. */
const LISTED = 4;

/**
 * Reads the config of the run in a folder; undefined for a folder that is new or empty.
 *
 * @throws UserError for a folder of anything else.
 */
export function readConfig(folder: string): RunConfig | undefined {
  const names = namesIn(folder);
  const config = names.includes(CONFIG) ? parse(path.join(folder, CONFIG)) : undefined;
  if (isRunConfig(config)) return expectConfig(config, path.join(folder, CONFIG));
  const strange = names.filter((name) => !STARTED.test(name));
  if (strange.length === 0) return undefined;
  const more = strange.length > LISTED ? ` and ${strange.length - LISTED} more` : '';
  throw new UserError(
    `Expected --out to be a new folder or that of a run; ${folder} has no config.json that a run wrote and ` +
      `holds ${strange.slice(0, LISTED).join(', ')}${more}; choose another --out.`,
  );
}

export const hasConfig = (folder: string): boolean => fs.existsSync(path.join(folder, CONFIG));

/** Whether a folder is a run's, by its config. */
export function isRunFolder(folder: string): boolean {
  try {
    return isRunConfig(JSON.parse(fs.readFileSync(path.join(folder, CONFIG), 'utf8')));
  } catch {
    return false; // whoever reads it says why
  }
}

export function writeConfig(folder: string, config: RunConfig): void {
  writeFileAtomically(path.join(folder, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
}

function namesIn(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  if (fs.statSync(folder).isDirectory()) return fs.readdirSync(folder).sort();
  throw new UserError(`Expected --out to be a folder, but ${folder} is a file; choose another --out.`);
}

function parse(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw damaged(file, `it is damaged (${printable((error as Error).message)})`, error);
  }
}

const damaged = (file: string, problem: string, cause?: unknown): UserError =>
  new UserError(
    `Expected ${file} to be the config of a run, but ${problem}; nothing was removed: put it back from a copy, or choose another --out.`,
    { cause },
  );

const isValue = either(
  isText,
  isNumber,
  (value) => typeof value === 'boolean',
  listOf(isNumber),
  listOf(isText),
);

const isEnvironment = recordOf({
  versions: mapOf(isText),
  processor: isText,
  cores: isNumber,
  platform: isText,
  threads: isCount,
  revision: isText,
});

const FIELDS: Fields = {
  options: mapOf(isValue),
  environment: isEnvironment,
  resumedIn: optional(listOf(isEnvironment)),
  grownFrom: optional(listOf(mapOf(isValue))),
  emptying: optional((value) => value === true),
};

/** What every run writes is more than what tells a run's config from others. */
function expectConfig(config: RunConfig, file: string): RunConfig {
  const wrong = misfit({ ...config }, FIELDS);
  if (wrong === undefined) return config;
  throw damaged(file, `what it says under ${wrong} is not what a run writes`);
}

/** Other programs have a `config.json`, too: Hugging Face's models, for example. */
export function isRunConfig(value: unknown): value is RunConfig {
  if (!isRecord(value)) return false;
  const { script, options, environment } = value;
  return (
    typeof script === 'string' &&
    isRecord(options) &&
    isRecord(environment) &&
    isRecord(environment['versions'])
  );
}
