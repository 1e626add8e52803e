import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';
import { acquireLock } from '../lib/core/lock';
import { Environment, environment } from './environment';
import { expectUnread } from './inputs';
import { TrainingOptions } from './options';
import { readConfig, RunConfig, Value, writeConfig } from './run-config';
import { formatTable } from './table';

export type { RunConfig } from './run-config';

/** A run is a folder: its config, its result once it is finished, a report, and a folder per seed. One process has it at a time. */
export interface RunFolder {
  readonly folder: string;
  readonly config: RunConfig;
  /** `finished` has a result to show; `unfinished` goes on where it was. */
  readonly state: 'new' | 'unfinished' | 'finished';
  /** The path of one of the run's files. */
  file(name: keyof typeof FILES): string;
  /** Lets another process have the folder. */
  close(): void;
}

const FILES = { result: 'result.json', report: 'report.html' } as const;
/** Everything that a run writes into its folder beside its config, and so all that starting over removes. */
const OURS =
  /^(((result|sensitivity|rules-[\d.e+-]+)\.json|report\.html)(\.part)?|model(\.part|\.old)?|seed-\d+)$/;
const NOT_CONFIG = new Set(['out', 'force', 'threads', 'offline']);

/**
 * Opens the folder of a run, and writes its `config.json` first of all.
 *
 * A folder that holds the same run, finished or not, is opened as it is, and goes on with the threads that it was started with, those of
 * `config.environment`; with `force` a run's folder is emptied of what runs write.
 * Its config is there all the while, and says so: a start that was killed is finished by the next one.
 *
 * @throws UserError, with nothing written or removed, if the folder holds a run with another config, or other files; if another
 *   process is at it; or if it would be emptied of what the options read.
 */
export function openRun(script: string, options: TrainingOptions): RunFolder {
  const here: RunConfig = {
    script,
    options: identityOf(options),
    environment: environment(options.threads),
  };
  const folder = options.out ?? defaultFolder(here, options.task);
  inspect(folder, here, options);
  fs.mkdirSync(folder, { recursive: true });
  const lock = acquireLock(path.join(folder, '.lock'), {
    place: `the run ${folder}`,
    instead: 'choose another --out',
  });
  try {
    const found = inspect(folder, here, options); // once more: it is ours alone only now
    const entered =
      found && !startsOver(found, options) ? resume(folder, found, here) : begin(folder, found, here);
    return {
      folder,
      ...entered,
      file: (name) => path.join(folder, FILES[name]),
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

function defaultFolder({ script, options }: RunConfig, task: string): string {
  const hash = createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 8);
  return path.resolve('runs', `${script}-${task}-${hash}`);
}

/** The config of the run that is there, if it may be gone on with, or started over. */
function inspect(folder: string, here: RunConfig, options: TrainingOptions): RunConfig | undefined {
  const found = readConfig(folder);
  if (!found) return undefined;
  if (!options.force) expectSameRun(folder, found, here);
  if (startsOver(found, options)) expectUnread(folder, options);
  return found;
}

const startsOver = ({ emptying }: RunConfig, { force }: TrainingOptions) => force || emptying === true;

function resume(folder: string, found: RunConfig, here: RunConfig): Pick<RunFolder, 'config' | 'state'> {
  if (fs.existsSync(path.join(folder, FILES.result))) return { config: found, state: 'finished' };
  const { threads } = found.environment; // those of the start: others may give other bits
  const config = resumedHere(found, { ...here.environment, threads });
  if (config !== found) writeConfig(folder, config);
  return { config, state: 'unfinished' };
}

function begin(
  folder: string,
  found: RunConfig | undefined,
  here: RunConfig,
): Pick<RunFolder, 'config' | 'state'> {
  if (found) {
    writeConfig(folder, { ...here, emptying: true });
    empty(folder);
  }
  writeConfig(folder, here);
  return { config: here, state: 'new' };
}

function empty(folder: string): void {
  for (const name of fs.readdirSync(folder).filter((name) => OURS.test(name))) {
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

function expectSameRun(folder: string, found: RunConfig, here: RunConfig): void {
  const [before, now] = [found, here].map(
    ({ script, options }) => ({ script, ...options }) as Record<string, Value>,
  );
  const names = [...new Set([...Object.keys(before!), ...Object.keys(now!)])];
  const shown = (value: Value | undefined) => [value ?? '–'].flat().join(' ');
  const rows = names
    .map((name) => [name, shown(before![name]), shown(now![name])] as const)
    .filter(([, there, here]) => there !== here);
  if (rows.length === 0) return;
  throw new UserError(
    `${folder} holds a run with another config: choose another --out, or start over with --force.\n\n` +
      formatTable({ columns: ['', 'the run there', 'this command'], rows }),
  );
}

/** Notes where a run goes on, if that is another place than before. */
function resumedHere(config: RunConfig, here: Environment): RunConfig {
  const last = config.resumedIn?.at(-1) ?? config.environment;
  if (JSON.stringify(last) === JSON.stringify(here)) return config;
  return { ...config, resumedIn: [...(config.resumedIn ?? []), here] };
}
