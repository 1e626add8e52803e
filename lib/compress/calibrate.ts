import * as tf from '@tensorflow/tfjs';
import type { GatherData } from '../analysis/gather';
import { chosenRows, RowSelector } from '../analysis/record';
import { jit } from '../compile/jit';
import { UserError } from '../core/errors';
import { forwardThrough } from '../forward/forward';
import type { HostTensor } from '../core/host-tensor';
import { revisionOf } from '../core/revision';
import { isObserved, rangeFound } from '../quantization/transforms/activation-quantizer';
import type { InputQuantizer } from '../quantization/transforms/quantizer';
import { needsCalibration } from './needs-calibration';
import type { Prepared } from './prepared';

/** Options of {@link calibrate}. */
export interface CalibrateOptions {
  /** Op by op on tfjs's current backend, for observers that cannot be compiled. Default false. */
  readonly eager?: boolean;
  /**
   * Which rows of a layer's input count: what passes through padding is to widen no range. Default: all.
   *
   * @example ([, attentionMask], x) => (x.rank === 3 ? attentionMask : undefined)
   */
  readonly rows?: RowSelector;
}

/**
 * Finds the ranges of activations on data, without training: inference with all quantizers in mode `observe`, so without dropout and
 * without rounding. Afterwards they quantize with what was found.
 *
 * @param data batches: what the model takes, in the order of its inputs. Tensors stay the caller's.
 * @throws UserError for no data, for a model whose inputs no observer watches (`needsCalibration`), and for an input that has NaN or an infinity; then, as after any failure, the modes are what they were.
 *
 * @example
 * const prepared = prepare(model, staticInt8({ input: () => minMax() }));
 * await calibrate(prepared, [[hostTensor(images, [32, 28, 28, 1])]]);
 * const compressed = convert(prepared);
 */
export async function calibrate(
  prepared: Prepared,
  data: GatherData,
  { eager = false, rows }: CalibrateOptions = {},
): Promise<void> {
  if (!needsCalibration(prepared)) throw nothingToFind(prepared);
  const quantizers = [...prepared.weights.values(), ...prepared.inputs.values()];
  const before = quantizers.map(({ mode }) => mode);
  prepared.setMode('observe');
  try {
    await watch(prepared, data, { eager, rows });
    new Set(prepared.inputs.values()).forEach(expectFinite);
    prepared.setMode('quantize');
  } catch (error) {
    quantizers.forEach((quantizer, i) => (quantizer.mode = before[i]!));
    throw error;
  }
}

function nothingToFind({ model }: Prepared): UserError {
  return new UserError(
    `Expected inputs of "${model.name}" that an observer watches, to find ranges of, found none: its weights alone are quantized, or its ` +
      'inputs by their own range, which needs no calibration.',
  );
}

/** What the data do not reach has no range, which is told where one is needed. */
function expectFinite(quantizer: InputQuantizer): void {
  if (isObserved(quantizer) && quantizer.observer.hasObserved()) rangeFound(quantizer);
}

async function watch(prepared: Prepared, data: GatherData, { eager, rows }: CalibrateOptions): Promise<void> {
  const { model } = prepared;
  const pass = (...xs: tf.Tensor[]) =>
    countingRows(prepared, xs, rows, () => forwardThrough(model, xs, { pass: 'calibration' })[0]);
  const program = eager ? undefined : jit(pass, { revision: () => revisionOf(model) });
  let batches = 0;
  try {
    for await (const batch of data) {
      expectExamples(batch, model);
      const xs = batch.map(copyOf);
      const output = program ? await program(...xs) : tf.tidy(() => pass(...xs));
      tf.dispose([output, ...xs]);
      batches++;
    }
  } finally {
    await program?.dispose();
  }
  if (batches === 0) throw new UserError(`Expected data to calibrate "${model.name}" on, got none.`);
}

/** Runs a pass in which observers watch the rows that count. */
function countingRows<T>(
  { inputs }: Prepared,
  xs: readonly tf.Tensor[],
  rows: RowSelector | undefined,
  body: () => T,
): T {
  if (!rows) return body();
  const observed = [...inputs.values()].filter(isObserved);
  for (const each of observed) {
    each.counts = (x) => chosenRows(rows, xs, x, `the input of "${each.name}"`)?.expandDims(-1);
  }
  try {
    return body();
  } finally {
    observed.forEach((each) => (each.counts = undefined));
  }
}

function expectExamples(batch: readonly (HostTensor | tf.Tensor)[], { name }: tf.LayersModel): void {
  const empty = batch.find(({ shape }) => shape.includes(0));
  if (!empty) return;
  throw new UserError(
    `Expected examples in every batch to calibrate "${name}" on, got one of shape [${empty.shape.join(', ')}]; leave it out.`,
  );
}

const copyOf = (x: HostTensor | tf.Tensor): tf.Tensor =>
  x instanceof tf.Tensor ? x.clone() : tf.tensor(x.data, x.shape, x.dtype);
