import { deepStrictEqual } from 'node:assert';
import { ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { seededRandom } from '../../lib/core/random';

export const name = 'kills';

/** When a run is killed; `writing` and `between` are checked on what the kill left behind. */
type Moment = 'random' | 'writing' | 'between';
const KILLS: readonly Moment[] = [
  ...(['random', 'writing', 'between', 'random', 'writing', 'random'] as const),
  ...(['writing', 'random', 'writing', 'random', 'random', 'writing'] as const),
];
const LEAST = { all: 10, writing: 3, between: 1 };

/**
 * Kills a lottery-ticket run on CoLA, from MiniLM's weights, again and again, and compares everything that it leaves with an
 * uninterrupted one: rows (`seconds` aside), every checkpoint, the saved model.
 */
export async function check(_python: string, shared: string | undefined): Promise<string> {
  if (!shared) return 'skipped: no folder of shared data';
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-kills-'));
  try {
    const [whole, killed] = [path.join(folder, 'whole'), path.join(folder, 'killed')];
    await ended(start(shared, whole));
    const done = { random: 0, writing: 0, between: 0 };
    const random = seededRandom(3, 'kills');
    for (const moment of KILLS) {
      if (fs.existsSync(path.join(killed, 'result.json'))) break;
      if (await killAt(moment, start(shared, killed), killed, random)) done[moment]++;
    }
    await ended(start(shared, killed));
    deepStrictEqual(traces(killed), traces(whole));
    return summary(done, Object.keys(traces(whole)).length);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function summary(done: Readonly<Record<Moment, number>>, files: number): string {
  const all = done.random + done.writing + done.between;
  const told = `${all} kills, ${done.writing} inside a checkpoint's writing, ${done.between} between levels`;
  if (all >= LEAST.all && done.writing >= LEAST.writing && done.between >= LEAST.between) {
    return `${told}: ${files} files equal the uninterrupted run's, bit for bit`;
  }
  throw new Error(
    `Expected at least ${JSON.stringify(LEAST)} kills, got ${told}: the machine was too fast for them.`,
  );
}

function start(shared: string, out: string): ChildProcess {
  const data = [
    '--data-dir',
    path.join(shared, 'data/glue'),
    '--model',
    path.join(shared, 'data/weights/all-MiniLM-L6-v2'),
  ];
  const size = [
    '--layers',
    '1',
    '--limit',
    '512',
    '--epochs',
    '2',
    '--levels',
    '2',
    '--seeds',
    '1',
    '--out',
    out,
  ];
  const script = ['-r', 'ts-node/register/transpile-only', 'experiments/lth-bert.ts', '--task', 'cola'];
  return spawn(process.execPath, [...script, ...data, ...size], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Waits for a run that nobody kills. */
async function ended(child: ChildProcess): Promise<void> {
  let errors = '';
  child.stderr!.on('data', (text) => (errors += String(text)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`A run ended with exit code ${String(code)}: ${errors}`);
}

/** Kills a run; whether it was at the moment meant. */
async function killAt(
  moment: Moment,
  child: ChildProcess,
  run: string,
  random: () => number,
): Promise<boolean> {
  const closed = new Promise((resolve) => child.on('close', resolve));
  child.stderr!.resume();
  const before = finished(run);
  const isTime = {
    random: () => trains(run),
    writing: () => partial(run),
    between: () => finished(run) > before && isBetween(run),
  }[moment];
  while (child.exitCode === null && !isTime()) await pause(1);
  await pause({ random: 4000, writing: 20, between: 0 }[moment] * random());
  child.kill('SIGKILL');
  await closed;
  const wasKilled = child.signalCode === 'SIGKILL';
  return wasKilled && { random: true, writing: partial(run), between: isBetween(run) }[moment];
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Folders of the trainings that were begun. */
function trainings(run: string): string[] {
  const folder = path.join(run, 'seed-0');
  return fs.existsSync(folder) ? fs.readdirSync(folder).map((entry) => path.join(folder, entry)) : [];
}

const hasOutcome = (training: string) => fs.existsSync(path.join(training, 'outcome.json'));
const finished = (run: string) => trainings(run).filter(hasOutcome).length;
const isBetween = (run: string) => trainings(run).length > 0 && trainings(run).every(hasOutcome);
const trains = (run: string) => trainings(run).some((training) => !hasOutcome(training));
const partial = (run: string) =>
  trainings(run).some((training) => {
    const checkpoints = path.join(training, 'checkpoints');
    return (
      fs.existsSync(checkpoints) && fs.readdirSync(checkpoints).some((entry) => /^step.*\.part$/.test(entry))
    );
  });

/** What a run leaves: its tensors by their hash, its rows and outcomes without their seconds. */
function traces(run: string): Record<string, unknown> {
  const files = fs.readdirSync(run, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    files.flatMap((file): [string, unknown][] => {
      const content = () => fs.readFileSync(path.join(run, file));
      if (file.endsWith('.safetensors'))
        return [[file, createHash('sha256').update(content()).digest('hex')]];
      return /(result|outcome)\.json$/.test(file) ? [[file, withoutSeconds(content().toString())]] : [];
    }),
  );
}

const withoutSeconds = (json: string): unknown =>
  JSON.parse(json, (key, value: unknown) => (key === 'seconds' ? undefined : value));
