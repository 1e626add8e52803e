import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';
import { Environment, environment } from './environment';
import { TrainingOptions } from './options';
import { formatTable } from './table';
import { writeFileAtomically } from '../lib/core/atomic-file';

type Value = string | number | boolean | readonly number[];

/** What `config.json` holds. */
export interface RunConfig {
  readonly script: string;
  /** Everything that decides what is computed; not where it is put (`out`), nor how fast (`threads`). */
  readonly options: Readonly<Record<string, Value>>;
  /** Where it was started. */
  readonly environment: Environment;
  /** Other places where it went on, in that order. */
  readonly resumedIn?: readonly Environment[];
}

/** A run is a folder: its config, its result once it is finished, a report, and a folder per seed. */
export interface Run {
  readonly folder: string;
  readonly config: RunConfig;
  /** `finished` has a result to show; `unfinished` goes on where it was. */
  readonly state: 'new' | 'unfinished' | 'finished';
  /** The path of one of the run's files. */
  file(name: keyof typeof FILES): string;
}

const FILES = {
  config: 'config.json',
  result: 'result.json',
  report: 'report.html',
  model: 'model',
} as const;
/** Everything that a run writes at the top of its folder, and so all that starting over removes. */
const OURS = [
  ...Object.values(FILES).map((name) => new RegExp(`^${name.replace('.', '\\.')}(\\.part)?$`)),
  /^seed-\d+$/,
];
const NOT_CONFIG = new Set(['out', 'force', 'threads', 'offline']);

/**
 * Opens the folder of a run, and writes its `config.json` first of all.
 *
 * A folder that holds the same run, finished or not, is opened as it is; with `force` it is emptied.
 *
 * @throws UserError if the folder holds a run with another config, or other files.
 */
export function openRun(script: string, options: TrainingOptions): Run {
  const here: RunConfig = {
    script,
    options: identityOf(options),
    environment: environment(options.threads),
  };
  const folder = options.out ?? defaultFolder(here, options.task);
  const file = (name: keyof typeof FILES) => path.join(folder, FILES[name]);
  const found = readConfig(folder, file('config'));
  if (found && !options.force) {
    expectSameRun(folder, found, here);
    const state = fs.existsSync(file('result')) ? 'finished' : 'unfinished';
    const config = state === 'finished' ? found : resumedHere(found, here.environment);
    if (config !== found) writeConfig(file('config'), config);
    return { folder, config, state, file };
  }
  empty(folder);
  writeConfig(file('config'), here);
  return { folder, config: here, state: 'new', file };
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

function readConfig(folder: string, file: string): RunConfig | undefined {
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as RunConfig;
  const other = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => !isOurs(name)) : [];
  if (other.length === 0) return undefined;
  throw new UserError(
    `Expected --out to be a new folder or that of a run; ${folder} has no config.json and holds ${other[0]}.`,
  );
}

const isOurs = (name: string) => OURS.some((pattern) => pattern.test(name));

/** Removes a run, its config last: one killed in between is still known for what it is. */
function empty(folder: string): void {
  if (!fs.existsSync(folder)) return;
  const names = fs.readdirSync(folder).filter(isOurs);
  const isConfig = (name: string) => Number(name === FILES.config);
  for (const name of names.sort((a, b) => isConfig(a) - isConfig(b))) {
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

function writeConfig(file: string, config: RunConfig): void {
  writeFileAtomically(file, `${JSON.stringify(config, null, 2)}\n`);
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
