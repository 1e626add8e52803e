import * as tf from '@tensorflow/tfjs';
import { areFinite } from '../../core/are-finite';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { layersOf } from '../../core/layers';
import { quoted } from '../../core/printable';
import { weightsOf } from '../../core/weights';

/**
 * Looks for what tfjs makes a model of without a word, and what then answers with an error or with NaN.
 *
 * @param file the model.json, for messages.
 * @throws UserError for the first such input, layer or weight.
 */
export function expectUsable(model: tf.LayersModel, file: string): void {
  const refuse = (expected: string, got: string): never => {
    throw new UserError(`Expected ${expected} in ${file}, got ${got}; save the model again.`);
  };
  const strange = model.inputs.find(({ dtype }) => !INPUTS.includes(dtype));
  if (strange) refuse(`inputs of ${INPUTS.join(', ')}`, `one of dtype ${quoted(strange.dtype)}`);
  for (const layer of layersOf(model)) {
    const { epsilon } = layer.getConfig();
    if (!isEpsilon(epsilon))
      refuse(`a number from 0 as epsilon of layer ${quoted(layer.name)}`, quoted(epsilon));
    const odd = activationsOf(layer).find((each) => !isActivation(each));
    if (odd) refuse(`a function of numbers as activation of layer ${quoted(layer.name)}`, odd.getClassName());
  }
  expectNumbers(model, file);
}

const INPUTS: readonly unknown[] = ['float32', 'int32', 'bool'];

/** What keeps a norm from dividing by 0, where a layer has one. */
const isEpsilon = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'number' && value >= 0 && value < Infinity);

type Activation = tf.serialization.Serializable & { apply(x: tf.Tensor): unknown };

/** Those that tfjs made; what somebody's own layer calls its activation may be a name or a function. */
function activationsOf(layer: tf.layers.Layer): Activation[] {
  const { activation, recurrentActivation } = layer as unknown as Readonly<Record<string, unknown>>;
  const isMade = (each: unknown): each is Activation => each instanceof tf.serialization.Serializable;
  return [activation, recurrentActivation].filter(isMade);
}

/** tfjs looks activations up by names that initializers and regularizers have too. */
function isActivation(activation: Activation): boolean {
  return tf.tidy(() => {
    try {
      const y = activation.apply(tf.zeros([1, 2]));
      return y instanceof tf.Tensor && tf.util.arraysEqual(y.shape, [1, 2]);
    } catch {
      return false;
    }
  });
}

function expectNumbers(model: tf.LayersModel, file: string): void {
  for (const { path, name, variable } of weightsOf(model)) {
    const { data } = hostOf(variable);
    if (!areFinite(data)) damaged('finite numbers as the weights', `others in "${path}"`, file);
    const negative = name === 'moving_variance' ? (data as Float32Array).find((each) => each < 0) : undefined;
    if (negative !== undefined) damaged('variances from 0', `${negative} in "${path}"`, file);
  }
}

function damaged(expected: string, got: string, file: string): never {
  throw new UserError(
    `Expected ${expected} of ${file}, got ${got}: the file is damaged or its training diverged; take another copy.`,
  );
}
