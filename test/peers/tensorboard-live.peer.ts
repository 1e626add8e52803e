import { deepStrictEqual } from 'node:assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Callback } from '../../trainers/callback';
import { tensorboard } from '../../trainers/callbacks/tensorboard';
import { train } from '../../trainers/trainer';
import { fourRows, slopeModel, slopeTraining } from '../trainers/toys';
import { startTensorboard, TensorboardServer } from './tensorboard-server';

export const name = 'tensorboard-live';

const STEPS = 40;
const CHECKPOINT = 20;
const KILLED = 27;
/** Seconds in which TensorBoard must have read something. */
const PATIENCE = 60;

/**
 * A TensorBoard that runs while a run is killed and goes on shows the rest of it, and nothing of what was lost; and its HParams dashboard
 * has every run's options beside its last scores. With both of its readers.
 */
export async function check(python: string): Promise<string> {
  await tf.setBackend('cpu');
  for (const fast of [true, false]) await inFolder((folder) => watched(python, folder, fast));
  return `a running TensorBoard, with its reader in Rust and in Python: ${STEPS} steps after a kill at ${KILLED}, options and scores of two runs`;
}

async function watched(python: string, folder: string, fast: boolean): Promise<void> {
  await run(folder, 'killed', { part: 1, killAt: KILLED });
  cutLastRecord(path.join(folder, 'killed'));
  const server = await startTensorboard(python, folder, fast);
  try {
    await until(() => parts(server), expected(KILLED - 2, KILLED)); // the last step was not logged, and the one before not whole
    await run(folder, 'killed', { part: 2 });
    await until(() => parts(server), expected(STEPS, CHECKPOINT));
    await run(folder, 'other', { part: 3, rate: 2 });
    await until(() => columns(server), HPARAMS);
    await until(
      () => rows(server),
      [
        { rate: 1, run: 'killed', seed: 0, score: 2 },
        { rate: 2, run: 'other', seed: 0, score: 3 },
      ],
    );
    await run(folder, 'killed', { part: 4, from: 'scratch' });
    await until(
      () => parts(server),
      Array.from({ length: STEPS }, (_, i) => [i + 1, 4]),
    );
  } finally {
    await server.close();
  }
}

interface Part {
  /** What this process logs at each step, and as the score. */
  readonly part: number;
  readonly rate?: number;
  readonly killAt?: number;
  /** Without the checkpoints. */
  readonly from?: 'scratch';
}

async function run(folder: string, name: string, { part, rate = 1, killAt, from }: Part): Promise<void> {
  const own: Callback = {
    name: 'own',
    onStepEnd(training) {
      training.log('test/part', part);
      if (training.step === killAt) throw new Error('killed');
    },
  };
  const where = path.join(folder, name);
  const checkpoints = path.join(where, 'checkpoints');
  if (from) fs.rmSync(checkpoints, { recursive: true });
  const model = slopeModel();
  const metrics = { score: () => part };
  const hparams = { rate, run: name, seed: 0 };
  const training = train(
    slopeTraining(model, {
      steps: STEPS,
      learningRate: () => 1e-3,
      dev: fourRows(),
      metrics,
      evaluateEvery: CHECKPOINT,
      checkpoint: { folder: checkpoints, every: CHECKPOINT },
      callbacks: [own, tensorboard({ folder: where, hparams, config: hparams })],
    }),
  );
  await training.catch((error: unknown) => {
    if (killAt === undefined) throw error;
  });
  model.dispose();
}

/** As a kill leaves it. */
function cutLastRecord(folder: string): void {
  const file = path.join(
    folder,
    fs.readdirSync(folder).find((entry) => entry.startsWith('events'))!,
  );
  fs.truncateSync(file, fs.statSync(file).size - 5);
}

const expected = (steps: number, ofFirst: number) =>
  Array.from({ length: steps }, (_, i) => [i + 1, i < ofFirst ? 1 : 2]);

async function parts(server: TensorboardServer): Promise<unknown> {
  const points = await server.ask('scalars/scalars?run=killed&tag=test%2Fpart');
  return (points as [number, number, number][] | undefined)?.map(([, step, part]) => [step, part]);
}

interface Group {
  readonly hparams: Record<string, unknown>;
  readonly metricValues: { readonly name: { readonly tag: string }; readonly value: number }[];
}

const HPARAMS = ['rate', 'run', 'seed'];

/** The columns of options that the dashboard offers; it asks for rows of these. */
async function columns(server: TensorboardServer): Promise<unknown> {
  const answer = await server.ask('hparams/experiment', { experimentName: '' });
  const { hparamInfos = [] } = (answer ?? {}) as { hparamInfos?: { name: string }[] };
  return hparamInfos.map(({ name }) => name).sort();
}

async function rows(server: TensorboardServer): Promise<unknown> {
  const statuses = ['UNKNOWN', 'SUCCESS', 'FAILURE', 'RUNNING'].map((status) => `STATUS_${status}`);
  const metric = { tag: 'dev/score', group: '' };
  const body = { experimentName: '', allowedStatuses: statuses, startIndex: 0, sliceSize: 10 };
  const answer = await server.ask('hparams/session_groups', {
    ...body,
    colParams: [{ metric }, ...HPARAMS.map((hparam) => ({ hparam }))].map((column) => ({
      ...column,
      includeInResult: true,
    })),
    aggregationType: 'AGGREGATION_AVG',
    aggregationMetric: metric,
  });
  const groups = (answer as { sessionGroups?: Group[] } | undefined)?.sessionGroups ?? [];
  const rows = groups.map(({ hparams, metricValues = [] }) => ({
    ...hparams,
    score: metricValues.find(({ name }) => name.tag === 'dev/score')?.value,
  }));
  return rows.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

/** Asks until the answer is the expected one. */
async function until(ask: () => Promise<unknown>, expected: unknown): Promise<void> {
  const end = Date.now() + PATIENCE * 1000;
  for (;;) {
    const answer = await ask();
    try {
      return deepStrictEqual(answer, expected);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tensorboard-live-'));
  try {
    await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
