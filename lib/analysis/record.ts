import * as tf from '@tensorflow/tfjs';
import { attach, Transform } from '../core/attach';
import { UserError } from '../core/errors';
import { forwardThrough } from '../forward/forward';
import { joined, ofRows, Statistic } from './statistics';

/** A statistic of what goes into a layer, or comes out of it. */
export interface Recording {
  /** Any layer of the model, inside nested models and wrappers too, with one input or one output. */
  readonly layer: tf.layers.Layer;
  /** Its input, its output, or a value within it that its facts name, such as an attention's `probabilities`. */
  readonly of: string;
  /** Of the rows of that tensor, each a vector over its last axis. */
  readonly statistic: Statistic;
}

/**
 * Says which rows of a layer's input or output count: 1 or 0 for each, in its shape without the last axis; undefined where all do.
 *
 * @param inputs of the model, in its order.
 * @param x the layer's input or output.
 *
 * @example ([, attentionMask], x) => (x.rank === 3 ? attentionMask : undefined)
 */
export type RowSelector = (inputs: readonly tf.Tensor[], x: tf.Tensor) => tf.Tensor | undefined;

/**
 * What a selector says of a tensor; undefined where all rows count.
 *
 * @param what the tensor is, for error messages.
 * @throws UserError for rows of another shape.
 */
export function chosenRows(
  rows: RowSelector,
  inputs: readonly tf.Tensor[],
  x: tf.Tensor,
  what: string,
): tf.Tensor | undefined {
  const [given, expected] = [rows(inputs, x), rowsShape(x)];
  if (!given || given.shape.join() === expected.join()) return given;
  throw new UserError(
    `Expected rows of shape [${expected.join(', ')}] for ${what}, got [${given.shape.join(', ')}]; return undefined where all rows count.`,
  );
}

const rowsShape = (x: tf.Tensor): number[] => (x.rank > 1 ? x.shape.slice(0, -1) : x.shape);

/**
 * Statistics of one batch, in a pass of inference on the current backend or under the tracer; the caller owns them.
 *
 * @throws UserError for a layer that the pass does not apply, and for `rows` of another shape.
 */
export function record(
  model: tf.LayersModel,
  inputs: readonly tf.Tensor[],
  recordings: readonly Recording[],
  rows: RowSelector | undefined,
): tf.Tensor[] {
  const recorders = recordings.map((recording) =>
    recorder(recording, (x) => countsOf(recording, x, inputs, rows)),
  );
  const attachments = recordings.map(({ layer, of }, i) => attach(layer, of, recorders[i]!));
  try {
    tf.tidy(() => void forwardThrough(model, inputs, { pass: 'inference', whole: true }));
    return recorders.map((each) => each.value());
  } finally {
    attachments.forEach((attachment) => attachment.detach());
    recorders.forEach((each) => each.dispose());
  }
}

interface Recorder extends Transform {
  /** A copy of what it recorded. @throws UserError if the layer was not applied. */
  value(): tf.Tensor;
}

/** Lets a value pass, and records a statistic of it. */
function recorder({ layer, of, statistic }: Recording, counts: (x: tf.Tensor) => tf.Tensor2D): Recorder {
  let total: tf.Tensor | undefined;
  return {
    revision: 'recording',
    apply(x) {
      const before = total;
      total = tf.keep(
        tf.tidy(() => {
          const value = ofRows(statistic, rowsOf(x), counts(x));
          return before ? joined(statistic.join, before, value) : value;
        }),
      );
      before?.dispose();
      return x;
    },
    value() {
      if (total) return total.clone();
      throw new UserError(
        `Expected layer "${layer.name}" to be applied in a pass of the model, to record its ${of}, but it was not.`,
      );
    },
    state: () => ({}),
    dispose: () => total?.dispose(),
  };
}

function rowsOf(x: tf.Tensor): tf.Tensor2D {
  return x.toFloat().reshape([-1, x.rank > 1 ? x.shape.at(-1)! : 1]);
}

function countsOf(
  { layer, of }: Recording,
  x: tf.Tensor,
  inputs: readonly tf.Tensor[],
  rows: RowSelector | undefined,
): tf.Tensor2D {
  const given = rows && chosenRows(rows, inputs, x, `the ${of} of layer "${layer.name}"`);
  return (given ?? tf.ones(rowsShape(x))).toFloat().reshape([-1, 1]);
}
