import type * as tf from '@tensorflow/tfjs';
import { attach, Attachment, Transform } from '../core/attach';
import { UserError } from '../core/errors';
import { factsOf } from '../core/facts-of';
import { hostOf } from '../core/host-tensor';
import { computeOncePerCall } from '../core/once-per-call';
import { placesOf } from '../core/places';
import type { Weight } from '../core/weights';
import { LearnedSteps, learnedSteps } from '../quantization/learned-steps';
import { isHalf, WeightSpec } from '../quantization/spec';
import { activationQuantizer } from '../quantization/transforms/activation-quantizer';
import { dynamicQuantizer } from '../quantization/transforms/dynamic-quantizer';
import type { InputQuantizer } from '../quantization/transforms/quantizer';
import {
  lookupQuantizer,
  WeightQuantizer,
  weightQuantizer,
} from '../quantization/transforms/weight-quantizer';
import { expectConvertible } from './convertible';
import { Plan, planOf, PlannedInput, PlannedWeight } from './plan';
import { Prepared } from './prepared';
import type { Rules } from './rules';

export type { Prepared, Skipped } from './prepared';

const preparedModels = new WeakSet<tf.LayersModel>();

/**
 * Attaches quantizers to a model, in place: to the kernels, tables and inputs of the layers that the rules name. Train it then
 * (quantization-aware training) or `calibrate` it; `convert` bakes the quantizers in, `detach` takes them out. What is not quantized
 * is listed in `skipped`.
 *
 * @param rules one scheme for all layers, or rules by path, the last match wins.
 * @throws UserError if the model is prepared already or could not be converted (a layer that cannot be made again from its config,
 *   a transform that cannot be baked in), a rule matches nothing, or nothing would be quantized. The model is then as it was.
 *
 * @example
 * const prepared = prepare(model, [
 *   { match: '**', use: staticInt8() },
 *   { match: 'classifier', use: 'skip' },
 * ]);
 */
export function prepare(model: tf.LayersModel, rules: Rules): Prepared {
  if (preparedModels.has(model)) {
    throw new UserError(
      `Expected a model that is not prepared yet, got "${model.name}" twice; detach it first.`,
    );
  }
  if (rules === undefined) {
    throw new UserError(
      `Expected a scheme to prepare "${model.name}" with, got none: prepare(model, staticInt8()), for example.`,
    );
  }
  const plan = planOf(model, rules);
  expectConvertible(model);
  const prepared = attachAll(model, plan);
  preparedModels.add(model);
  return prepared;
}

/** Attaches everything, or, where that fails, nothing. */
function attachAll(model: tf.LayersModel, { weights, inputs, skipped, pathOf }: Plan): Prepared {
  const attachments: Attachment[] = [];
  const quantizers: Transform[] = [];
  const add: Prepared['add'] = (layer, target, transform) => {
    if (!isAttached) throw detached(model);
    quantizers.push(transform);
    attachments.push(attach(layer, target, transform));
  };
  let isAttached = true;
  const release = computeOncePerCall(model);
  const detach = (): void => {
    if (!isAttached) return;
    isAttached = false;
    release();
    attachments.splice(0).forEach((attachment) => attachment.detach());
    new Set(quantizers.splice(0)).forEach((quantizer) => quantizer.dispose());
    preparedModels.delete(model);
  };
  try {
    const byPath = new Map(weights.map((plan) => [plan.weight.path, attachWeight(model, plan, add)]));
    const observers = new Map(inputs.flatMap((plan) => attachInput(plan, pathOf, add)));
    return control({ model, attachments, weights: byPath, inputs: observers, skipped, add, detach });
  } catch (error) {
    detach();
    throw error;
  }
}

function detached({ name }: tf.LayersModel): UserError {
  return new UserError(
    `Expected a prepared model to attach to, but "${name}" was detached; prepare it again.`,
  );
}

type Add = Prepared['add'];

/** The quantizer of a weight, in every layer that computes with it. */
function attachWeight(model: tf.LayersModel, plan: PlannedWeight, add: Add): WeightQuantizer {
  const { weight, spec, integer } = plan;
  const isTable = factsOf(weight.layer)?.isLookup && hasOwnRows(weight, spec);
  const steps = plan.range === 'learned' && !isTable ? stepsOf(plan) : undefined;
  const quantizer = weightQuantizer({ spec, steps, integer });
  if (isTable) {
    const { table, rows } = lookupQuantizer(quantizer);
    add(weight.layer, weight.name, table);
    add(weight.layer, 'output', rows);
  } else {
    add(weight.layer, weight.name, quantizer);
  }
  const [, ...borrowers] = placesOf(model, weight);
  borrowers.forEach(({ layer, name }) => add(layer, name, quantizer));
  return quantizer;
}

/** Of the weight as it is, now and wherever they start anew. */
function stepsOf({ weight, spec, rateFactor }: PlannedWeight): LearnedSteps {
  const { path, variable } = weight;
  const values = () => ({ data: hostOf(variable).data as Float32Array, shape: variable.shape });
  return learnedSteps({ path, spec, values, rateFactor });
}

/** Whether no two rows of a table share a scale. */
function hasOwnRows({ variable }: Weight, spec: WeightSpec): boolean {
  return isHalf(spec) || spec.granularity.block(variable.shape)[0] === 1;
}

function attachInput(
  { layers, scheme: { input, integer } }: PlannedInput,
  pathOf: ReadonlyMap<tf.layers.Layer, string>,
  add: Add,
): [string, InputQuantizer][] {
  const name = pathOf.get(layers[0]!)!;
  const quantizer =
    input === 'dynamic'
      ? dynamicQuantizer({ name, integer })
      : activationQuantizer({ name, observer: input!(), integer });
  layers.forEach((layer) => add(layer, 'input', quantizer));
  return layers.map((layer) => [pathOf.get(layer)!, quantizer]);
}

function control(parts: Omit<Prepared, 'setMode' | 'setIntegerPath'>): Prepared {
  const quantizers = [...parts.weights.values(), ...parts.inputs.values()];
  return {
    ...parts,
    setMode: (mode) => quantizers.forEach((quantizer) => (quantizer.mode = mode)),
    setIntegerPath: (integer) => quantizers.forEach((quantizer) => (quantizer.integer = integer)),
  };
}
