import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../datasets/batch';
import { Config, configured } from '../lib/core/config';
import { sizeOf } from '../lib/core/host-tensor';
import { UserError } from '../lib/core/errors';
import { classNumbers, classNumbersOrNone, finiteNumbers, type LabelRange, shares } from './label-range';

/**
 * What training minimises: predictions and labels of a batch to one number, the *mean* over its examples, or over whatever
 * `averagesOver` counts. Write your own with tfjs ops; the compiled engine traces it once per batch shape.
 */
export interface Loss {
  /** @param seen what the model saw and computed, in training; absent in evaluation. */
  (predictions: tf.Tensor, labels: tf.Tensor, seen?: Seen): tf.Scalar;
  /**
   * The loss of a model of several outputs, or of batches that have further labels: called instead, with all of them in their order. Without
   * it models of several outputs are refused, and further labels are not looked at.
   */
  readonly ofSeveral?: (
    predictions: readonly tf.Tensor[],
    labels: readonly tf.Tensor[],
    seen?: Seen,
  ) => tf.Scalar;
  /** Layers of the model whose outputs the loss looks at, by name; none by default. */
  readonly layers?: readonly string[];
  /**
   * How many things of a batch the loss averages over, where these are not its examples: such as the hidden words. A finite number ≥ 0,
   * by which the batches of an accumulated step are weighted, so that the step is that of one big batch. The examples by default.
   */
  readonly averagesOver?: (batch: Batch) => number;
  /** Which labels it learns from, of several outputs a list: others are refused, with their row. Default any. */
  readonly labels?: LabelRange | readonly (LabelRange | undefined)[];
  /** Whether it applies softmax or sigmoid itself: a model that ends in one is refused. Default false. */
  readonly takesLogits?: boolean;
  /** How it was made; without it a loss of one's own is known by its source. */
  readonly config?: Config;
}

/** A loss of all outputs and labels that there are. */
export function lossOf(
  loss: Loss,
  predictions: readonly tf.Tensor[],
  labels: readonly tf.Tensor[],
  seen?: Seen,
): tf.Scalar {
  return loss.ofSeveral?.(predictions, labels, seen) ?? loss(predictions[0]!, labels[0]!, seen);
}

/** What a loss may look at beside predictions and labels. */
export interface Seen {
  /** The model's inputs. */
  readonly inputs: readonly tf.Tensor[];
  /** The outputs of the loss's `layers`, in their order. */
  readonly hidden: readonly tf.Tensor[];
}

/**
 * Cross entropy of softmax(logits) and the true class, averaged over the batch: `mean_i −log softmax(logits_i)[label_i]`.
 *
 * @param logits [..., classes] float32, unnormalised.
 * @param labels [...] int32, class numbers in [0, classes): a training refuses others.
 * @throws UserError if the shapes do not fit, and for less than two classes.
 * @example softmaxCrossEntropy(tf.tensor2d([[0, 0]]), tf.tensor1d([1], 'int32')) // ln 2
 */
export const softmaxCrossEntropy: Loss = configured(
  Object.assign(softmaxMean, { labels: classNumbers, takesLogits: true }),
  'softmaxCrossEntropy',
);

function softmaxMean(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const classes = logits.shape.at(-1) ?? 0;
  if (classes < 2) throw loneClass();
  expectLabels(
    labels,
    logits.shape.slice(0, -1),
    'softmaxCrossEntropy',
    'one class number per row of logits',
  );
  return tf.tidy(() => {
    const truth = tf.oneHot(labels.flatten().toInt(), classes); // [rows, classes]
    const logProbability = tf.logSoftmax(logits.reshape([-1, classes]));
    return truth.toFloat().mul(logProbability).sum(-1).mean().neg() as tf.Scalar;
  });
}

/** Softmax of one number is 1, whatever it is. */
const loneClass = (): UserError =>
  new UserError(
    'softmaxCrossEntropy expected logits of two classes at least, got one output; use sigmoidCrossEntropy for a choice between right and ' +
      'wrong, meanSquaredError for a number.',
  );

/**
 * Cross entropy of sigmoid(logits) and the truth of each label, averaged over every label of the batch, as PyTorch's
 * `BCEWithLogitsLoss`: `mean −y log σ(z) − (1 − y) log(1 − σ(z))`, finite for any finite logit.
 *
 * @param logits [batch, labels] float32, unnormalised.
 * @param labels as many numbers from 0 (wrong) to 1 (right).
 * @throws UserError if the shapes do not fit.
 * @example sigmoidCrossEntropy(tf.tensor2d([[0, 100]]), tf.tensor2d([[1, 1]])) // ln 2 / 2
 */
export const sigmoidCrossEntropy: Loss = configured(
  Object.assign(sigmoidMean, { labels: shares, takesLogits: true }),
  'sigmoidCrossEntropy',
);

function sigmoidMean(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  expectLabels(labels, logits.shape, 'sigmoidCrossEntropy', 'one number from 0 to 1 per logit');
  return tf.tidy(() => {
    const [z, y] = [logits.flatten(), labels.flatten().toFloat()];
    const surprises = y.mul(z.neg().softplus()).add(tf.sub(1, y).mul(z.softplus())); // −log σ(z) = softplus(−z)
    return surprises.mean() as tf.Scalar;
  });
}

/**
 * Cross entropy of hidden words, averaged over those that there are: labels below 0 are slots without one. Batches of an accumulated
 * step count by their hidden words.
 *
 * @param logits [batch, slots, vocabulary] float32, unnormalised.
 * @param labels [batch, slots] int32, the pieces that were hidden.
 * @throws UserError if the shapes do not fit.
 */
export const hiddenWordsCrossEntropy: Loss = configured(
  Object.assign(hiddenWordsMean, {
    labels: classNumbersOrNone,
    takesLogits: true,
    averagesOver: ({ ys }: Batch): number => ys.data.filter((label: number) => label >= 0).length,
  }),
  'hiddenWordsCrossEntropy',
);

function hiddenWordsMean(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const pieces = logits.shape.at(-1) ?? 0;
  expectLabels(labels, logits.shape.slice(0, -1), 'hiddenWordsCrossEntropy', 'one piece or -1 per slot');
  return tf.tidy(() => {
    const ids = labels.flatten().toInt();
    const used = ids.greaterEqual(0).toFloat(); // [slots]
    const truth = tf.oneHot(ids.maximum(tf.scalar(0, 'int32')), pieces).toFloat(); // [slots, pieces]
    const surprise = truth
      .mul(tf.logSoftmax(logits.reshape([-1, pieces])))
      .sum(-1)
      .neg(); // [slots]
    return surprise.mul(used).sum().div(used.sum().maximum(1)) as tf.Scalar;
  });
}

/**
 * `mean (predictions − labels)²` over every number of the batch.
 *
 * @param predictions [batch, ...] float32.
 * @param labels as many numbers, of the same shape but for sizes of 1: [batch] fits predictions [batch, 1].
 * @throws UserError if the shapes do not fit.
 */
export const meanSquaredError: Loss = configured(
  Object.assign(squaredMean, { labels: finiteNumbers }),
  'meanSquaredError',
);

function squaredMean(predictions: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  expectLabels(labels, predictions.shape, 'meanSquaredError', 'one number per prediction');
  return tf.tidy(() => predictions.flatten().sub(labels.flatten().toFloat()).square().mean() as tf.Scalar);
}

/** Sizes of 1 aside, labels have the expected shape: anything else would broadcast into a wrong loss. */
function expectLabels(labels: tf.Tensor, expected: number[], loss: string, what: string): void {
  const significant = (shape: number[]) => shape.filter((size) => size !== 1).join();
  if (sizeOf(labels.shape) === sizeOf(expected) && significant(labels.shape) === significant(expected))
    return;
  throw new UserError(
    `${loss} expected ${what}, shape [${expected.join(', ')}], and received labels of shape [${labels.shape.join(', ')}].`,
  );
}
