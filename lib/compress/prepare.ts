import type * as tf from '@tensorflow/tfjs';
import { attach, Attachment, Transform } from '../core/attach';
import { UserError } from '../core/errors';
import { factsOf, weightFacts } from '../core/facts-of';
import { Feeds, feedsOf } from '../core/feeds';
import { layersOf } from '../core/layers';
import { variableOf, Weight, weightsOf } from '../core/weights';
import { QuantSpec } from '../quantization/spec';
import { ActivationQuantizer, activationQuantizer } from '../quantization/transforms/activation-quantizer';
import {
  lookupQuantizer,
  WeightQuantizer,
  weightQuantizer,
} from '../quantization/transforms/weight-quantizer';
import { expectConvertible } from './convertible';
import { Prepared, Skipped } from './prepared';
import { applyRules, Rule, Rules } from './rules';
import type { Scheme } from './scheme';
import { groupByInput } from './share';

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

/** A weight, and how it is to be stored. */
interface PlannedWeight {
  readonly weight: Weight;
  readonly spec: QuantSpec;
  readonly integer?: boolean;
}

/** Layers that consume a common tensor, and the scheme that they have for it. */
interface PlannedInput {
  readonly layers: readonly tf.layers.Layer[];
  readonly scheme: Scheme;
}

interface Plan {
  readonly weights: readonly PlannedWeight[];
  readonly inputs: readonly PlannedInput[];
  readonly skipped: readonly Skipped[];
  readonly pathOf: ReadonlyMap<tf.layers.Layer, string>;
}

function planOf(model: tf.LayersModel, rules: Rules): Plan {
  const all = weightsOf(model);
  const pathOf = new Map(all.map(({ layer, path, name }) => [layer, path.slice(0, -name.length - 1)]));
  const uses = applyRules(rules, [...new Set(pathOf.values())]);
  const context = { pathOf, useOf: (layer: tf.layers.Layer) => uses.get(pathOf.get(layer)!) };
  const weights = all.flatMap((weight) => planWeight(weight, context.useOf(weight.layer)) ?? []);
  const inputs = planInputs(distinctLayers(all.filter(isKernel)), context, feedsOf(model));
  const plan: Plan = {
    pathOf,
    weights: weights.filter((planned) => 'spec' in planned),
    inputs: inputs.filter((planned) => 'scheme' in planned),
    skipped: [...weights, ...inputs].filter((planned) => 'why' in planned),
  };
  if (plan.weights.length + plan.inputs.length > 0) return plan;
  throw nothingToQuantize(model, plan.skipped);
}

function nothingToQuantize({ name }: tf.LayersModel, skipped: readonly Skipped[]): UserError {
  const reasons = skipped.map(({ path, why }) => `${path}: ${why}`).join('; ');
  return new UserError(
    `Expected something to quantize in "${name}", found nothing (${reasons || 'it has no kernels and no tables'}).`,
  );
}

/** What the rules say of each layer, and the layers' paths. */
interface Context {
  readonly pathOf: ReadonlyMap<tf.layers.Layer, string>;
  readonly useOf: (layer: tf.layers.Layer) => Rule['use'] | undefined;
}

const distinctLayers = (weights: readonly Weight[]) => [...new Set(weights.map(({ layer }) => layer))];
const isKernel = (weight: Weight) => ['kernel', 'depthwise'].includes(weightFacts(weight).role);

/** Nothing for what is small beside its kernel: biases, and scales, shifts and statistics of norms. */
function planWeight(weight: Weight, use: Rule['use'] | undefined): PlannedWeight | Skipped | undefined {
  const { path, layer } = weight;
  const facts = weightFacts(weight);
  if (facts.role === 'unknown') {
    return { path, why: `${layer.getClassName()} does not say what this weight is to it` };
  }
  if (!('channels' in facts)) return undefined;
  const why = reasonAgainst(use, 'weight');
  if (why !== undefined) return { path, why };
  const { weight: spec, integer } = use as Scheme;
  return { weight, spec: { ...spec!, granularity: spec!.granularity.at(facts.channels) }, integer };
}

function reasonAgainst(use: Rule['use'] | undefined, part: 'weight' | 'input'): string | undefined {
  if (use === undefined) return 'no rule matches it';
  if (use === 'skip') return 'a rule skips it';
  return use[part] ? undefined : `its scheme has no ${part}`;
}

function planInputs(
  layers: readonly tf.layers.Layer[],
  { useOf, pathOf }: Context,
  feeds: Feeds,
): (PlannedInput | Skipped)[] {
  const place = (layer: tf.layers.Layer) => `${pathOf.get(layer)}/input`;
  const reasons = new Map(
    layers.flatMap((layer) => {
      const why = reasonAgainst(useOf(layer), 'input') ?? reasonOfPlace(layer, feeds);
      return why === undefined ? [] : [[layer, why] as const];
    }),
  );
  const groups = groupByInput(
    layers.filter((layer) => !reasons.has(layer)),
    feeds,
  );
  const planned = groups.map((group) => ({ layers: group, scheme: useOf(group[0]!) as Scheme }));
  for (const { layers: group, scheme } of planned) {
    const other = group.find((layer) => (useOf(layer) as Scheme).input !== scheme.input);
    if (other) throw twoSchemes(place(group[0]!), place(other));
  }
  return [...planned, ...[...reasons].map(([layer, why]) => ({ path: place(layer), why }))];
}

/** Why a layer's input cannot be quantized where it stands. */
function reasonOfPlace(layer: tf.layers.Layer, feeds: Feeds): string | undefined {
  if (!feeds.layers.includes(layer)) return 'it is inside of a layer that holds it';
  return layer.inboundNodes.some(({ inputTensors }) => inputTensors.length > 1)
    ? 'it has several inputs'
    : undefined;
}

function twoSchemes(one: string, other: string): UserError {
  return new UserError(
    `Expected one scheme for ${one} and ${other}, which are the same tensor and can have one range only; let one rule match both.`,
  );
}

/** Attaches everything, or, where that fails, nothing. */
function attachAll(model: tf.LayersModel, { weights, inputs, skipped, pathOf }: Plan): Prepared {
  const attachments: Attachment[] = [];
  const quantizers: Transform[] = [];
  const add = (layer: tf.layers.Layer, target: string, transform: Transform): void => {
    quantizers.push(transform);
    attachments.push(attach(layer, target, transform));
  };
  const detach = (): void => {
    attachments.splice(0).forEach((attachment) => attachment.detach());
    new Set(quantizers.splice(0)).forEach((quantizer) => quantizer.dispose());
    preparedModels.delete(model);
  };
  try {
    const byPath = new Map(weights.map((plan) => [plan.weight.path, attachWeight(model, plan, add)]));
    const observers = new Map(inputs.flatMap((plan) => attachInput(plan, pathOf, add)));
    return control({ model, attachments, weights: byPath, inputs: observers, skipped, detach });
  } catch (error) {
    detach();
    throw error;
  }
}

type Add = (layer: tf.layers.Layer, target: string, transform: Transform) => void;

/** The quantizer of a weight, in every layer that computes with it. */
function attachWeight(model: tf.LayersModel, plan: PlannedWeight, add: Add): WeightQuantizer {
  const { weight, spec, integer } = plan;
  const quantizer = weightQuantizer({ spec, integer });
  if (factsOf(weight.layer)?.isLookup && hasOwnRows(weight, spec)) {
    const { table, rows } = lookupQuantizer(quantizer);
    add(weight.layer, weight.name, table);
    add(weight.layer, 'output', rows);
  } else {
    add(weight.layer, weight.name, quantizer);
  }
  borrowersOf(model, weight).forEach((layer) => add(layer, weight.name, quantizer));
  return quantizer;
}

/** Whether no two rows of a table share a scale. */
function hasOwnRows({ variable }: Weight, { granularity }: QuantSpec): boolean {
  return granularity.block(variable.shape)[0] === 1;
}

/** Layers that compute with a weight that is another layer's: a decoder tied to a table. */
function borrowersOf(model: tf.LayersModel, { variable }: Weight): tf.layers.Layer[] {
  return layersOf(model).filter((layer) =>
    factsOf(layer)?.borrows?.some((weight) => variableOf(weight) === variable),
  );
}

function attachInput(
  { layers, scheme: { input, integer } }: PlannedInput,
  pathOf: ReadonlyMap<tf.layers.Layer, string>,
  add: Add,
): [string, ActivationQuantizer][] {
  const name = pathOf.get(layers[0]!)!;
  const quantizer = activationQuantizer({ name, observer: input!(), integer });
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
