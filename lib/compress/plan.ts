import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { weightFacts } from '../core/facts-of';
import { Feeds, feedsOf } from '../core/feeds';
import { pathsOfLayers, Weight, weightsOf } from '../core/weights';
import { atChannels, WeightSpec } from '../quantization/spec';
import type { Skipped } from './prepared';
import { applyRules, Rule, Rules } from './rules';
import type { Scheme } from './scheme';
import { groupByInput } from './share';

/** A weight, and how it is to be stored. */
export interface PlannedWeight {
  readonly weight: Weight;
  readonly spec: WeightSpec;
  readonly range?: Scheme['range'];
  readonly rateFactor?: number;
  readonly integer?: boolean;
}

/** Layers that consume a common tensor, and the scheme that they have for it. */
export interface PlannedInput {
  readonly layers: readonly tf.layers.Layer[];
  readonly scheme: Scheme;
}

/** What is quantized in a model, and what is not. */
export interface Plan {
  readonly weights: readonly PlannedWeight[];
  readonly inputs: readonly PlannedInput[];
  readonly skipped: readonly Skipped[];
  readonly pathOf: ReadonlyMap<tf.layers.Layer, string>;
}

/**
 * What rules make of a model; nothing is attached yet.
 *
 * @throws UserError for a rule that matches nothing, two schemes for one tensor, and where nothing would be quantized.
 */
export function planOf(model: tf.LayersModel, rules: Rules): Plan {
  const all = weightsOf(model);
  const pathOf = pathsOfLayers(model);
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
  if (weight.variable.size === 0) return { path, why: 'it has no values' };
  const { weight: spec, range, rateFactor, integer } = use as Scheme;
  return { weight, spec: atChannels(spec!, facts.channels), range, rateFactor, integer };
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
