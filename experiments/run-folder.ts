import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';
import { acquireLock } from '../lib/core/lock';
import { makeFolder } from '../lib/core/make-folder';
import { Environment, environment } from './environment';
import { Difference, hasGrown, shown } from './growth';
import { expectUnread } from './inputs';
import { TrainingOptions } from './options';
import { readResult } from './result';
import { hasConfig, readConfig, RunConfig, Value, writeConfig } from './run-config';
import { formatTable } from './table';

export type { RunConfig } from './run-config';

/** A run is a folder: its config, its result once it is finished, a report, and a folder per seed. One process has it at a time. */
export interface RunFolder {
  readonly folder: string;
  readonly config: RunConfig;
  /** `finished` has a result to show; `unfinished` goes on where it was. */
  readonly state: 'new' | 'unfinished' | 'finished';
  /** What was found damaged, and is made again of what is there. */
  readonly notices: readonly string[];
  /** The path of one of the run's files. */
  file(name: keyof typeof FILES): string;
  /** @throws UserError once somebody has removed the folder, or emptied it: what is written then would be a run without a beginning. */
  expectThere(): void;
  /** Lets another process have the folder. */
  close(): void;
}

const FILES = { result: 'result.json', report: 'report.html' } as const;
/** Everything that a run writes into its folder beside its config, and so all that starting over removes. */
const OURS =
  /^(((result|sensitivity|rules-[\d.e+-]+)\.json|report\.html)(\.part)?|model(\.part|\.old)?|seed-\d+)$/;
const NOT_CONFIG = new Set(['config', 'out', 'force', 'threads', 'offline']);

/**
 * Opens the folder of a run, and writes its `config.json` first of all.
 *
 * A folder that holds the same run, finished or not, is opened as it is, and goes on with the threads that it was started with, those of
 * `config.environment`; with `force` a run's folder is emptied of what runs write. One that is finished with less
 * of an option that `grows` goes on, with `grownFrom` in its config.
 * Its config is there all the while, and says so: a start that was killed is finished by the next one.
 *
 * @throws UserError, with nothing written or removed, if the folder holds a run with another config, or other files; if another
 *   process is at it; or if it would be emptied of what the options read.
 */
export function openRun(script: string, options: TrainingOptions, grows: readonly string[] = []): RunFolder {
  const here: RunConfig = {
    script,
    options: identityOf(options),
    environment: environment(options.threads),
  };
  const folder = options.out ?? defaultFolder(here, subjectOf(options), grows);
  const look = () => inspect(folder, here, { ...options, grows });
  look();
  makeFolder(folder);
  const lock = acquireLock(path.join(folder, '.lock'), {
    place: `the run ${folder}`,
    instead: 'choose another --out',
  });
  try {
    const found = look(); // once more: it is ours alone only now
    const entered =
      found && !startsOver(found, options) ? resume(folder, found, here) : begin(folder, found, here);
    return {
      folder,
      ...entered,
      file: (name) => path.join(folder, FILES[name]),
      expectThere: () => expectConfig(folder),
      close: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function identityOf(options: TrainingOptions): Record<string, Value> {
  const entries = Object.entries(options) as [string, Value | undefined][];
  const decisive = entries.filter(([name, value]) => !NOT_CONFIG.has(name) && value !== undefined);
  return Object.fromEntries(decisive.sort(([a], [b]) => (a < b ? -1 : 1))) as Record<string, Value>;
}

/** Of a file's name in that of a folder. */
const LONGEST = 40;

/** What a run is about, in a folder's name: a task, or the file of the user's own data without what shells and systems trip over. */
function subjectOf({ task, data, text }: TrainingOptions): string {
  const file = data ?? text;
  if (file === undefined) return task;
  const name = path
    .parse(file)
    .name.normalize('NFC')
    .replace(/[^\p{L}\p{N}._]+/gu, '-');
  return (
    [...name]
      .slice(0, LONGEST)
      .join('')
      .replace(/^[-.]+|[-.]+$/g, '') || task
  );
}

function expectConfig(folder: string): void {
  if (hasConfig(folder)) return;
  throw new UserError(
    `Expected ${folder} to stay as long as its run goes on, but its config.json is not there any more; see that nothing is left of it, and start the same command again.`,
  );
}

/** By all options but those of which there may be more later. */
function defaultFolder({ script, options }: RunConfig, subject: string, grows: readonly string[]): string {
  const lasting = Object.fromEntries(Object.entries(options).filter(([name]) => !grows.includes(name)));
  const hash = createHash('sha256').update(JSON.stringify(lasting)).digest('hex').slice(0, 8);
  return path.resolve('runs', `${script}-${subject}-${hash}`);
}

/** The config of the run that is there, if it may be gone on with, or started over. */
function inspect(
  folder: string,
  here: RunConfig,
  options: TrainingOptions & { readonly grows: readonly string[] },
): RunConfig | undefined {
  const found = readConfig(folder);
  if (!found) return undefined;
  if (!options.force) expectSameRun(folder, differencesOf(found, here), options.grows);
  if (startsOver(found, options)) expectUnread(folder, options);
  return found;
}

const startsOver = ({ emptying }: RunConfig, { force }: TrainingOptions) => force || emptying === true;

type Entered = Pick<RunFolder, 'config' | 'state' | 'notices'>;

function resume(folder: string, found: RunConfig, here: RunConfig): Entered {
  const grown = grownTo(found, here);
  const result = path.join(folder, FILES.result);
  if (grown !== found) fs.rmSync(result); // first: it is that of less
  const damage = fs.existsSync(result) ? damageOf(result) : undefined;
  if (fs.existsSync(result) && damage === undefined) return { config: found, state: 'finished', notices: [] };
  const { threads } = found.environment; // those of the start: others may give other bits
  const config = resumedHere(grown, { ...here.environment, threads });
  if (config !== found) writeConfig(folder, config);
  const notices = damage === undefined ? [] : [`${damage} It is made again of what the trainings left.`];
  return { config, state: 'unfinished', notices };
}

/** What is wrong with a result, in a sentence. */
function damageOf(result: string): string | undefined {
  try {
    readResult(result);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** The config of a run that was finished with less. */
function grownTo(found: RunConfig, { options }: RunConfig): RunConfig {
  const grown = differencesOf(found, { ...found, options });
  if (grown.length === 0) return found;
  const before = Object.fromEntries(grown.map(({ name, there }) => [name, there!]));
  return { ...found, options, grownFrom: [...(found.grownFrom ?? []), before] };
}

function begin(folder: string, found: RunConfig | undefined, here: RunConfig): Entered {
  if (found) {
    writeConfig(folder, { ...here, emptying: true });
    empty(folder);
  }
  writeConfig(folder, here);
  return { config: here, state: 'new', notices: [] };
}

function empty(folder: string): void {
  for (const name of fs.readdirSync(folder).filter((name) => OURS.test(name))) {
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

function differencesOf(found: RunConfig, here: RunConfig): Difference[] {
  const [before, now] = [found, here].map(
    ({ script, options }) => ({ script, ...options }) as Record<string, Value>,
  );
  const names = [...new Set([...Object.keys(before!), ...Object.keys(now!)])];
  return names
    .map((name) => ({ name, there: before![name], here: now![name] }))
    .filter(({ there, here }) => shown(there) !== shown(here));
}

function expectSameRun(folder: string, differences: readonly Difference[], grows: readonly string[]): void {
  if (differences.length === 0) return;
  if (hasGrown(folder, differences, grows)) return expectFinished(folder, differences);
  const rows = differences.map(({ name, there, here }) => [name, shown(there), shown(here)]);
  throw new UserError(
    `${folder} holds a run with another config: choose another --out, or start over with --force.\n\n` +
      formatTable({ columns: ['', 'the run there', 'this command'], rows }),
  );
}

/** Models are kept in the order in which trainings come in, so that more of them come in after all others. */
function expectFinished(folder: string, differences: readonly Difference[]): void {
  if (fs.existsSync(path.join(folder, FILES.result))) return;
  const before = differences.map(({ name, there }) => `--${name} ${shown(there)}`).join(' ');
  throw new UserError(
    `Expected a finished run to add to, but ${folder} is not finished: finish it with ${before}, then ask for more.`,
  );
}

/** Notes where a run goes on, if that is another place than before. */
function resumedHere(config: RunConfig, here: Environment): RunConfig {
  const last = config.resumedIn?.at(-1) ?? config.environment;
  if (JSON.stringify(last) === JSON.stringify(here)) return config;
  return { ...config, resumedIn: [...(config.resumedIn ?? []), here] };
}
