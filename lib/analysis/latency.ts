import type * as tf from '@tensorflow/tfjs';
import { median } from 'simple-statistics';
import { FileSession } from '../compile/file-session';
import type { SessionOptions } from '../compile/session';
import { Compressed, compressedOf } from '../compress/compressed';
import { UserError } from '../core/errors';
import type { HostTensor } from '../core/host-tensor';
import { onnxBytes } from '../export/onnx/export-onnx';

/** How models are timed; see {@link measureLatency}. */
export interface LatencyOptions extends Pick<SessionOptions, 'provider' | 'threads'> {
  /** Timed runs of each model. Default 20. */
  readonly runs?: number;
  /** Goes on with more runs until they took so long together: a few of a millisecond say nothing. Default 0. */
  readonly seconds?: number;
}

/**
 * **How long one batch takes**, in milliseconds: each model's exported file in onnxruntime, as everyone runs it; the median over runs
 * that take turns, so that what else the machine does meets all models alike.
 *
 * @param models models and compressed ones.
 * @param xs a batch, in the order of the models' inputs.
 * @returns for each model, in their order.
 * @throws UserError for less than one run, and as `exportOnnx` does.
 *
 * @example const [floats, mixed] = await measureLatency([model, convert(prepared)], batch, { threads: 1 });
 */
export async function measureLatency(
  models: readonly (tf.LayersModel | Compressed)[],
  xs: readonly HostTensor[],
  { runs, seconds, ...options }: LatencyOptions = {},
): Promise<number[]> {
  const sessions: FileSession[] = [];
  try {
    for (const model of models) sessions.push(await openFile(model, options));
    return (await inTurns(sessions, xs, { runs, seconds })).map(median);
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** A model as its file runs. */
export function openFile(
  model: tf.LayersModel | Compressed,
  options: Omit<LatencyOptions, keyof Turns>,
): Promise<FileSession> {
  return FileSession.open(onnxBytes(compressedOf(model)), options);
}

/** How many runs take turns. */
export type Turns = Pick<LatencyOptions, 'runs' | 'seconds'>;

/** The times of runs that take turns, after one that is not counted; of each session. @throws UserError for less than one run and seconds that are none. */
export async function inTurns(
  sessions: readonly Pick<FileSession, 'run'>[],
  xs: readonly HostTensor[],
  { runs = 20, seconds = 0 }: Turns = {},
): Promise<number[][]> {
  if (!(Number.isInteger(runs) && runs >= 1)) {
    throw new UserError(`Expected at least one run to measure latency, got ${runs}.`);
  }
  if (!(seconds >= 0 && seconds < Infinity)) {
    throw new UserError(`Expected seconds to measure latency in, 0 or more, got ${seconds}.`);
  }
  for (const session of sessions) await session.run(xs);
  const times = sessions.map((): number[] => []);
  const began = performance.now();
  for (let run = 0; run < runs || performance.now() - began < 1000 * seconds; run++) {
    for (const [i, session] of sessions.entries()) {
      const start = performance.now();
      await session.run(xs);
      times[i]!.push(performance.now() - start);
    }
  }
  return times;
}
