import * as tf from '@tensorflow/tfjs';
import { configured } from '../lib/core/config';
import { UserError } from '../lib/core/errors';
import { forwardThrough } from '../lib/forward/forward';
import { hostOf } from '../lib/core/host-tensor';
import { digestOfTensors } from '../lib/core/tensors-digest';
import { weightsOf } from '../lib/core/weights';
import { Loss, meanSquaredError, Seen, softmaxCrossEntropy } from './losses';

/** Mean difference of the student's predictions and the teacher's, 0 where they are the same. */
export type SoftLoss = (predictions: tf.Tensor, targets: tf.Tensor) => tf.Scalar;

/** Options of {@link distillation}. */
export interface DistillationOptions {
  /** A trained model with the student's inputs and outputs; it stays the caller's, and as it is. */
  readonly teacher: tf.LayersModel;
  /** The teacher's share of the loss, in [0, 1]; 0.5 by default. */
  readonly weight?: number;
  /**
   * How far predictions are from the teacher's: `softTargets()` by default; `softLabels()` for several labels, `meanSquaredError` for a
   * regression.
   */
  readonly soft?: SoftLoss;
  /** The loss on the true labels, for the rest; `softmaxCrossEntropy` by default. */
  readonly hard?: Loss;
  /** Hidden states to bring together, too; none by default. */
  readonly hidden?: readonly HiddenPair[];
}

/** A layer of the student and the layer of the teacher that it learns from; their outputs have the same shape. */
export interface HiddenPair {
  /** Name of the layer: `encoder/1/output`. */
  readonly student: string;
  /** Name of the layer, in the teacher. */
  readonly teacher: string;
  /** Factor of the mean squared difference; 1 by default. */
  readonly weight?: number;
}

/**
 * Knowledge distillation (Hinton et al., 2015, arXiv:1503.02531), with hidden states where asked (as in TinyBERT, Jiao et al. 2020,
 * arXiv:1909.10351):
 *
 *     (1 − weight) · hard(z, y) + weight · soft(z, z_teacher) + Σ weight_p · mean (h_student − h_teacher)²
 *
 * It is a loss, so every recipe and every engine takes it; the teacher runs in the same program as the student, without dropout.
 * In evaluation, where there is no input to ask the teacher about, it is the hard loss alone. Where the hard loss averages over less
 * than examples (`averagesOver`: hidden words), so does the soft one: slots whose labels are below 0 count in neither.
 *
 * @throws UserError for a weight outside [0, 1]; in training, for layers that do not exist or differ in shape; and for hidden states in
 * a step of several batches where the hard loss averages over less than examples.
 *
 * @example
 * const loss = distillation({ teacher, hidden: [{ student: 'encoder/1/ffn/norm', teacher: 'encoder/5/ffn/norm' }] });
 * await train({ model, loss, … });
 */
export function distillation(options: DistillationOptions): Loss {
  const { teacher, weight = 0.5, soft = softTargets(), hard = softmaxCrossEntropy, hidden = [] } = options;
  if (!(weight >= 0 && weight <= 1)) {
    throw new UserError(`Expected the teacher's weight to be a share from 0 to 1, got ${weight}.`);
  }
  const learn = (predictions: tf.Tensor, labels: tf.Tensor, seen?: Seen): tf.Scalar => {
    if (!seen) return hard(predictions, labels);
    return tf.tidy(() => {
      const layers = hidden.map((pair) => pair.teacher);
      const [targets, ...taught] = forwardThrough(teacher, seen.inputs, { pass: 'inference', layers });
      const truth = hard(predictions, labels, seen).mul(1 - weight);
      const softened = hard.averagesOver
        ? overSlotsInUse(soft, predictions, targets, labels)
        : soft(predictions, targets);
      const logits = truth.add(softened.mul(weight));
      return hidden.reduce(
        (sum, pair, i) => sum.add(difference(pair, seen.hidden[i]!, taught[i]!)),
        logits as tf.Scalar,
      );
    });
  };
  const layers = hidden.map((pair) => pair.student);
  const loss = Object.assign(learn, {
    layers,
    ...{ labels: hard.labels, takesLogits: hard.takesLogits },
    averagesOver: hard.averagesOver && hidden.length > 0 ? failToAccumulate : hard.averagesOver,
  });
  const known = { teacher: digestOfModel(teacher), weight, soft, hard, hidden };
  return configured(loss, 'distillation', known);
}

/** A mean over slots becomes one over those that hold something: elsewhere student and teacher say the same. */
function overSlotsInUse(
  soft: SoftLoss,
  predictions: tf.Tensor,
  targets: tf.Tensor,
  labels: tf.Tensor,
): tf.Scalar {
  const used = labels.reshape([...predictions.shape.slice(0, -1), 1]).greaterEqual(0); // [batch, slots, 1]
  const [z, taught] = [predictions, targets].map((x) => tf.where(used, x, tf.zerosLike(x)));
  const slots = used.toFloat().sum().maximum(1);
  return soft(z!, taught!).mul(used.size).div(slots) as tf.Scalar;
}

/** Hidden states are averaged over examples: no weight of a batch is right for both. */
function failToAccumulate(): never {
  throw new UserError(
    'Expected one batch per step to distill hidden states with a hard loss that does not average over examples, got several; leave ' +
      'accumulation out and make the batches larger, or leave hidden out.',
  );
}

/** Which teacher it is, by its weights. */
function digestOfModel(model: tf.LayersModel): string {
  return digestOfTensors(weightsOf(model).map(({ path, variable }) => [path, hostOf(variable)]));
}

function difference(
  { student, teacher, weight = 1 }: HiddenPair,
  own: tf.Tensor,
  taught: tf.Tensor,
): tf.Scalar {
  if (own.shape.join() !== taught.shape.join()) {
    throw new UserError(
      `Expected layers whose outputs have one shape to distill, got [${own.shape.join(', ')}] of the student's "${student}" and ` +
        `[${taught.shape.join(', ')}] of the teacher's "${teacher}".`,
    );
  }
  return meanSquaredError(own, taught).mul(weight);
}

/** Options of {@link softTargets} and {@link softLabels}. */
export interface SoftTargetsOptions {
  /** What logits are divided by: above 1, the teacher's small probabilities count for more. 2 by default. */
  readonly temperature?: number;
}

/**
 * `T² · mean_i KL(softmax(teacher_i / T) ‖ softmax(z_i / T))`: 0 where the student says what the teacher says. The factor keeps
 * the size of the gradient whatever the temperature.
 *
 * @throws UserError for a temperature that is not above 0, and for a single logit, which has no probabilities.
 */
export function softTargets({ temperature = 2 }: SoftTargetsOptions = {}): SoftLoss {
  expectTemperature(temperature);
  const soft: SoftLoss = (predictions, targets) => {
    if (predictions.shape.join() !== targets.shape.join() || predictions.shape.at(-1) === 1) {
      throw new UserError(
        `Expected as many logits of student and teacher, two at least, got shapes [${predictions.shape.join(', ')}] and ` +
          `[${targets.shape.join(', ')}]; distill a regression with soft: meanSquaredError, a single label with soft: softLabels().`,
      );
    }
    return tf.tidy(() => {
      const [student, teacher] = [predictions, targets].map((logits) =>
        tf.logSoftmax(logits.div(temperature)),
      );
      const divergence = teacher!.exp().mul(teacher!.sub(student!)).sum(-1).mean();
      return divergence.mul(temperature ** 2) as tf.Scalar;
    });
  };
  return configured(soft, 'softTargets', { temperature });
}

/**
 * `T² · mean KL(σ(teacher / T) ‖ σ(z / T))` over every label of the batch, each a choice of its own between right and wrong: 0 where the
 * student says what the teacher says.
 *
 * @throws UserError for a temperature that is not above 0, and for other shapes.
 */
export function softLabels({ temperature = 2 }: SoftTargetsOptions = {}): SoftLoss {
  expectTemperature(temperature);
  const soft: SoftLoss = (predictions, targets) => {
    if (predictions.shape.join() !== targets.shape.join()) {
      throw new UserError(
        `Expected as many logits of student and teacher, got shapes [${predictions.shape.join(', ')}] and ` +
          `[${targets.shape.join(', ')}].`,
      );
    }
    return tf.tidy(() => {
      const [z, taught] = [predictions.div(temperature), targets.div(temperature)];
      const right = taught.sigmoid().mul(z.neg().softplus().sub(taught.neg().softplus())); // −log σ(z) = softplus(−z)
      const wrong = taught.neg().sigmoid().mul(z.softplus().sub(taught.softplus()));
      return right
        .add(wrong)
        .mean()
        .mul(temperature ** 2) as tf.Scalar;
    });
  };
  return configured(soft, 'softLabels', { temperature });
}

function expectTemperature(temperature: number): void {
  if (temperature > 0 && temperature < Infinity) return;
  throw new UserError(`Expected a temperature above 0, got ${temperature}.`);
}
