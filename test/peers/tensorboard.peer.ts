import { deepStrictEqual, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { eventLengths, truncateEvents } from '../../lib/tensorboard/event-file';
import { eventWriter } from '../../lib/tensorboard/event-writer';
import { histogramOf } from '../../lib/tensorboard/histogram';

export const name = 'tensorboard';

const STEPS = 500;
const NOTE = '# config\n\n| option | value |\n|---|---|\n| μ-batch | "1" |';
const HPARAMS = { learningRate: 3e-4, engine: 'compiled', masks: true };

interface Read {
  version: number;
  plugins: Record<string, string>;
  scalars: Record<string, [number, string][]>;
  histograms: Record<string, object[]>;
  dashboard: Record<string, { step: number; shape: number[] }[]>;
  texts: Record<string, [number, string][]>;
  hparams: Record<string, unknown>;
  wall_times: number[];
}

const lossAt = (step: number) =>
  step === 13 ? NaN : step === 0 ? 0 : Math.sin(step) * 10 ** ((step % 60) - 30);

/** Writes a run that is killed inside a record after a checkpoint, then resumed from that. */
function writeRun(folder: string, weights: readonly Float32Array[]): void {
  const first = eventWriter(folder);
  first.text('config', 0, NOTE);
  first.hparams(HPARAMS);
  for (let step = 0; step < STEPS / 2; step++) first.scalar('train/loss', step, lossAt(step));
  const checkpoint = eventLengths(folder);
  for (let step = STEPS / 2; step < STEPS; step++) first.scalar('train/loss', step, -1);
  first.close();

  const file = path.join(folder, fs.readdirSync(folder)[0]!);
  fs.truncateSync(file, fs.statSync(file).size - 7);
  truncateEvents(folder, checkpoint);
  const second = eventWriter(folder, { fromStep: STEPS / 2 });
  for (let step = STEPS / 2; step < STEPS; step++) second.scalar('train/loss', step, lossAt(step));
  weights.forEach((values, step) => second.histogram('weights/dense/kernel', step, values));
  second.close();
}

function makeWeights(): Float32Array[] {
  const dense = Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i * i) / 2);
  const pruned = dense.map((value) => (Math.abs(value) < 0.4 ? 0 : value));
  return [dense, pruned, new Float32Array(7), Float32Array.of(NaN, 1, Infinity, 3), Float32Array.of(NaN)];
}

/** What TensorBoard must find of one histogram. */
function expectedHistogram(values: Float32Array, step: number) {
  const { min, max, num, sum, sumSquares, bucketLimit, bucket } = histogramOf(values);
  return { step, min, max, num, sum, sum_squares: sumSquares, limits: bucketLimit, counts: bucket };
}

export async function check(python: string): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tensorboard-'));
  try {
    const weights = makeWeights();
    const started = Date.now() / 1000;
    writeRun(folder, weights);
    const script = path.join(__dirname, 'read_events.py');
    const read = JSON.parse(execFileSync(python, [script, folder], { encoding: 'utf8' })) as Read;
    compare(read, weights, started);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  return `${STEPS} scalars, ${makeWeights().length} histograms, a text, ${Object.keys(HPARAMS).length} hyper-parameters equal, after a kill and a resume`;
}

function compare(read: Read, weights: readonly Float32Array[], started: number): void {
  deepStrictEqual(read.version, 2);
  deepStrictEqual(Object.keys(read.scalars), ['train/loss']);
  const scalars = read.scalars['train/loss']!.map(([step, value]) => [
    step,
    value === 'nan' ? NaN : Number(value),
  ]);
  deepStrictEqual(
    scalars,
    Array.from({ length: STEPS }, (_, step) => [step, Math.fround(lossAt(step))]),
  );
  deepStrictEqual(read.histograms, { 'weights/dense/kernel': weights.map(expectedHistogram) });
  deepStrictEqual(
    read.dashboard['weights/dense/kernel'],
    weights.map((values, step) => ({ step, shape: [histogramOf(values).bucket.length, 3] })),
  );
  deepStrictEqual(read.texts, { config: [[0, NOTE]] });
  deepStrictEqual(read.plugins['config'], 'text');
  deepStrictEqual(read.plugins['_hparams_/session_start_info'], 'hparams');
  deepStrictEqual(read.hparams, HPARAMS);
  const now = Date.now() / 1000;
  ok(
    read.wall_times.every((time) => time >= started - 1 && time <= now),
    'Expected wall times in seconds since 1970, between the start of the check and now.',
  );
}
