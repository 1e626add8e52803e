import type * as tf from '@tensorflow/tfjs';
import { median } from 'simple-statistics';
import type { FileSession } from '../../compile/file-session';
import { calibrate } from '../../compress/calibrate';
import { convert } from '../../compress/convert';
import { prepare } from '../../compress/prepare';
import type { Rule } from '../../compress/rules';
import type { HostTensor } from '../../core/host-tensor';
import { inTurns, LatencyOptions, openFile, Turns } from '../latency';
import { rulesOf } from '../search/rules-of';
import { needsCalibration } from '../../compress/needs-calibration';
import type { SensitivityRow, SensitivityTable } from './table';

/** Options of {@link withLatency}. */
export interface WithLatencyOptions extends LatencyOptions {
  /** Those that the table was made with. */
  readonly schemes: Readonly<Record<string, Rule['use']>>;
  /** The batch to time, in the order of the model's inputs. */
  readonly batch: readonly HostTensor[];
}

/**
 * **What each choice does to the latency**: for every row, the exported file of the model with this choice for this group alone takes
 * turns with that of the model in floats, and the median of the differences is the row's `latencyMs`. It takes a file for each row:
 * some minutes for a model like MiniLM, on a machine that does nothing else.
 *
 * Differences are small beside the noise of a busy machine, and layers do not speed up by themselves (a product of integers needs its
 * input's codes made, which others may share): measure what a search answers (`measureLatency`).
 *
 * @returns the table with latencies, for `search(table, { latencyMs })`.
 * @throws UserError as `prepare`, `convert` and `exportOnnx` do, and for less than one run.
 */
export async function withLatency(
  table: SensitivityTable,
  model: tf.LayersModel,
  options: WithLatencyOptions,
): Promise<SensitivityTable> {
  const floats = await openFile(model, options);
  try {
    const timed: TimedRow[] = [];
    for (const row of table.rows) timed.push(await timeRow(row, model, floats, options));
    const alone = timed.flatMap(({ floatsMs }) => floatsMs ?? []);
    const latencyMs = median(
      alone.length > 0 ? alone : (await inTurns([floats], options.batch, options))[0]!,
    );
    return { ...table, latencyMs, rows: timed.map(({ row }) => row) };
  } finally {
    await floats.release();
  }
}

interface TimedRow {
  readonly row: SensitivityRow;
  /** Of the model in floats, meanwhile. */
  readonly floatsMs?: number;
}

async function timeRow(
  row: SensitivityRow,
  model: tf.LayersModel,
  floats: FileSession,
  { schemes, batch, runs, seconds, ...options }: WithLatencyOptions,
): Promise<TimedRow> {
  const rules = rulesOf({ choices: [row] }, schemes);
  if (rules.every(({ use }) => use === 'skip')) return { row: { ...row, latencyMs: 0 } };
  const variant = await fileWith(model, rules, batch, options);
  try {
    const [before, after] = await inTurns([floats, variant], batch, { runs, seconds });
    const latencyMs = median(after!.map((time, i) => time - before![i]!));
    return { row: { ...row, latencyMs }, floatsMs: median(before!) };
  } finally {
    await variant.release();
  }
}

/** The ranges are those of the batch: they do not change how long it takes. */
async function fileWith(
  model: tf.LayersModel,
  rules: readonly Rule[],
  batch: readonly HostTensor[],
  options: Omit<LatencyOptions, keyof Turns>,
): Promise<FileSession> {
  const prepared = prepare(model, rules);
  try {
    if (needsCalibration(prepared)) await calibrate(prepared, [batch]);
    const compressed = convert(prepared);
    try {
      return await openFile(compressed, options);
    } finally {
      compressed.model.dispose();
    }
  } finally {
    prepared.detach();
  }
}
