import type * as tf from '@tensorflow/tfjs';
import { sampleBatches } from '../../datasets/sample-batches';
import { configured, identityOf } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import type { HostTensor } from '../../lib/core/host-tensor';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { chooseLayers, layerCosts } from '../../lib/structure/layers/choose-layers';
import type { LatencyBudget } from '../../lib/structure/latency-budget';
import { shrink } from '../../lib/structure/shrink';
import { shrinkToBudget, ShrinkingOptions } from '../../lib/structure/shrink-to-budget';
import { multiplyAdds, UnitCosts } from '../../lib/structure/unit-costs';
import { unitPruning } from '../callbacks/unit-pruning';
import type { InferenceOptions } from '../inference';
import { densePhase } from './dense';
import type { GradualSchedule } from './gradual-pruning';
import { keptBudget } from './latency-budgets';
import { expectNames } from './method-names';
import { CutFacts, CutModel, seen } from './cut-model';
import type { Attached, Phase, Taught } from './phase';
import { Phases, withPhases } from './phases';
import type { Outcome, RecipeOptions } from './setup';
import { askedOnce, importanceOf, Scoring, StructuredMethod } from './structured-method';

/** Masking along a schedule, in fractions of the training on. */
export interface GradualStructure {
  /** Where units are first masked. */
  readonly begin: number;
  /** Where the last of them go; what is left of the training after it is for recovery. */
  readonly end: number;
  /** Optimizer steps between two updates, each of which scores what is left. */
  readonly frequency: number;
  /** `cubicDecay`, `linearDecay`, … */
  readonly schedule: GradualSchedule;
}

export interface StructuredPruningOptions
  extends RecipeOptions, Pick<ShrinkingOptions, 'examples' | 'tokens' | 'refit'> {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Shares that go of what can go, in [0, 1]: of the multiply-adds of heads and neurons by default; a row each. */
  readonly removed: readonly number[];
  /** Ways to do it, whose rows stand after one another; heads and neurons by `logitFisher` by default. */
  readonly methods?: readonly StructuredMethod[];
  /** Epochs that what is left is trained for, and the dense model beside it; 0, not at all, by default. */
  readonly train?: number;
  /** What is left minimises this as it is trained on, made with the dense model as a teacher; the setup's loss by default. */
  readonly teaching?: Taught['loss'];
  /** Masks heads and neurons little by little in those epochs and cuts them out at the end; by default they are cut before. */
  readonly gradual?: GradualStructure;
  /** How what is cut is run for the reported score. */
  readonly inference?: InferenceOptions;
}

/**
 * Heads and neurons, or layers, cut out of a trained model, or of one taken as it is where the setup has no epochs, without training
 * (`shrinkToBudget`, `chooseLayers`), and trained on if asked, then beside the dense model trained for as much longer; or masked along a
 * schedule while it is trained on (`unitPruning`), and cut out then.
 *
 * Kwon et al., 2022 (arXiv:2204.09656).
 *
 * @returns `dense`, `structured-40` with 40 % gone, and so on; with `train` then each of them as `…+trained`; with `gradual` instead
 *   `structured-40-gradual` beside `dense+trained`.
 * @throws UserError for shares and epochs that are none, a share that comes twice, methods of one name, and a schedule without training or for layers.
 *
 * @example await structuredPruning({ setup, folder, seed: 0, removed: [0.4, 0.6] });
 */
export async function structuredPruning(options: StructuredPruningOptions): Promise<Outcome[]> {
  const { setup, seed, removed, methods = [{ name: 'structured' }] } = options;
  expectOptions(options);
  expectNames(methods.flatMap((method) => removed.map((share) => ({ name: nameOf(method, share) }))));
  const dense = densePhase(seed, { handsOn: true, trains: setup.epochs > 0 });
  const places = methods.flatMap((method) => {
    const asked = askedOnce(method);
    return removed.map((share): Place => ({ method, asked, dense, share }));
  });
  const count = 1 + phasesAfter(options, dense, places).length;
  return withPhases({ ...options, count }, async (phases) => {
    const outcomes = [await phases.run(dense)];
    const known: Place[] = []; // all budgets, before anything is cut
    for (const place of places) known.push(await withBudget(phases, options, place));
    for (const phase of phasesAfter(options, dense, known)) outcomes.push(await phases.run(phase));
    return outcomes;
  });
}

/** What is cut of the dense model, and trained on. */
function phasesAfter(options: StructuredPruningOptions, dense: Phase, places: readonly Place[]): Phase[] {
  const { train = 0, gradual } = options;
  if (gradual) {
    return [trainedOn(dense, train), ...places.map((place) => gradualPhase(options, gradual, place))];
  }
  const cut = places.map((place) => structuredPhase(options, place));
  const more = taughtBy(dense, options);
  const longer = [trainedOn(dense, train), ...cut.map((phase) => trainedOn(phase, train, more))];
  return train === 0 ? cut : [...cut, ...longer];
}

interface Place {
  readonly dense: Phase;
  readonly method: StructuredMethod;
  /** The method where the dense model is asked about. */
  readonly asked: StructuredMethod;
  readonly share: number;
  /** Where the share is one of latency, what goes for it. */
  readonly within?: LatencyBudget;
}

async function withBudget(phases: Phases, options: StructuredPruningOptions, place: Place): Promise<Place> {
  const { dense, method, asked, share } = place;
  if (!method.latency) return place;
  const within = await keptBudget(phases, method.latency, {
    ...{ dense, method: asked, share, name: nameOf(method, share) },
    identity: identityOf(methodIdentity(options, method)),
    scoring: () => scoringOf(options),
  });
  const left = `${nameOf(method, share)}: ${within.left.toFixed(3)} of the latency is left as measured, for ${Number((1 - share).toFixed(4))}.`;
  options.listener?.onNotice?.(left, { ...dense.label, index: 0, count: 0 });
  return { ...place, within };
}

/** Cuts the model that the dense phase leaves, at once. */
function structuredPhase(options: StructuredPruningOptions, place: Place): Phase {
  const { dense, method, share } = place;
  const { seed, train = 0 } = options;
  return {
    label: { method: nameOf(method, share), role: 'method', seed },
    identity: identityOf({
      ...methodIdentity(options, method),
      removed: share,
      refit: options.refit ?? true,
    }),
    after: dense,
    handsOn: train > 0,
    trains: false,
    attach: (model) => cutting(model, options, place),
  };
}

/** Cuts, and tells what came of it. */
function cutting(model: tf.LayersModel, options: StructuredPruningOptions, place: Place): Attached {
  const { asked, method, share, dense } = place;
  let facts: CutFacts | undefined;
  return {
    async end() {
      const cut = await (asked.layers
        ? withoutLayers(model, options, asked, share)
        : withoutUnits(model, options, place));
      const found = await seen(model, cut, options.setup.dev, options.inference);
      facts = found.facts;
      const { removed, divergence } = facts;
      const told = `${nameOf(method, share)}: ${removed.toFixed(3)} of what its units cost is gone; the mean divergence of its answers from the dense model's is ${divergence.toPrecision(3)}.`;
      options.listener?.onNotice?.(told, { ...dense.label, index: 0, count: 0 });
      return found.model;
    },
    facts: () => ({ ...facts }),
  };
}

async function withoutUnits(
  model: tf.LayersModel,
  options: StructuredPruningOptions,
  { asked: method, share, within }: Place,
): Promise<CutModel> {
  const { examples, tokens, refit } = options;
  const { perLayer, apart } = method;
  const scoring = await scoringOf(options);
  return shrinkToBudget(model, {
    ...{ examples, tokens, refit, perLayer, apart },
    data: await inputsOf(options, Math.max(scored(options), examples?.refit ?? 1024)),
    removed: within?.removed ?? share,
    importance: async (dense) => importanceOf(method)(dense, scoring),
    costs: within?.costs ?? (await costsOf(model, options, method, scoring)),
  });
}

async function withoutLayers(
  model: tf.LayersModel,
  options: StructuredPruningOptions,
  method: StructuredMethod,
  share: number,
): Promise<CutModel> {
  const scoring = await scoringOf(options);
  const costs = layerCosts(bertConfigOf(model), await costsOf(model, options, method, scoring));
  const whole = costs.reduce((sum, cost) => sum + cost, 0);
  const scores = await method.layers!(model, scoring);
  const { cut, cost } = chooseLayers(scores, costs, (1 - share) * whole);
  return { model: shrink(model, cut), removed: whole === 0 ? 0 : 1 - cost / whole };
}

/** Masks units of the model that the dense phase leaves while it is trained on, and cuts them out. */
function gradualPhase(
  options: StructuredPruningOptions,
  { begin, end, frequency, schedule: scheduleOf }: GradualStructure,
  { dense, method, share, within }: Place,
): Phase {
  const { perLayer, apart } = method;
  const scheduleTo = (finalSparsity: number) => scheduleOf({ finalSparsity, begin, end, frequency });
  const schedule = scheduleTo(within?.removed ?? share);
  return {
    label: { method: `${nameOf(method, share)}-gradual`, role: 'method', seed: options.seed },
    identity: identityOf({ ...methodIdentity(options, method), schedule: scheduleTo(share) }),
    after: dense,
    epochs: options.train,
    ...taughtBy(dense, options),
    async attach(model) {
      const scoring = await scoringOf(options);
      const costs = within?.costs ?? (await costsOf(model, options, method, scoring));
      const importance = configured(
        (now: tf.LayersModel) => importanceOf(method)(now, scoring),
        'importance',
        methodIdentity(options, method),
      );
      return {
        callbacks: [unitPruning({ schedule, importance, costs, perLayer, apart })],
        end: () => shrink(model),
      };
    },
  };
}

/** `structured-40` with 40 % gone. */
const nameOf = ({ name }: StructuredMethod, share: number) => `${name}-${Number((100 * share).toFixed(4))}`;

const trainedOn = (phase: Phase, epochs: number, more: Partial<Phase> = {}): Phase => ({
  label: { ...phase.label, method: `${phase.label.method}+trained` },
  identity: null,
  after: phase,
  epochs,
  ...more,
});

const taughtBy = (dense: Phase, { teaching }: StructuredPruningOptions): Partial<Phase> =>
  teaching ? { taught: { by: dense, loss: teaching } } : {};

/** What decides beside the share and the name. */
function methodIdentity({ examples, tokens }: StructuredPruningOptions, method: StructuredMethod) {
  return { examples: { ...examples }, tokens: tokens ?? null, ...method, name: undefined };
}

async function costsOf(
  model: tf.LayersModel,
  { tokens = 64 }: StructuredPruningOptions,
  { costs }: StructuredMethod,
  scoring: Scoring,
): Promise<UnitCosts> {
  return costs ? costs(model, scoring) : multiplyAdds(bertConfigOf(model), tokens);
}

const scored = ({ examples }: StructuredPruningOptions): number => examples?.importance ?? 2048;

async function scoringOf(options: StructuredPruningOptions): Promise<Scoring> {
  return {
    batches: await sampleBatches(options.setup.data(options.seed), scored(options)),
    loss: options.setup.loss,
  };
}

async function inputsOf({ setup, seed }: StructuredPruningOptions, most: number): Promise<HostTensor[][]> {
  return (await sampleBatches(setup.data(seed), most)).map(({ xs }) => xs);
}

function expectOptions({
  removed,
  train = 0,
  teaching,
  gradual,
  methods = [],
}: StructuredPruningOptions): void {
  const wrong = removed.find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined || removed.length === 0) {
    throw new UserError(
      `Expected \`removed\` to be shares from 0 to 1 of what can go, got ${wrong ?? 'none'}; name some, such as 0.4.`,
    );
  }
  if (!(Number.isInteger(train) && train >= 0)) {
    throw new UserError(`Expected \`train\` to be a number of epochs, 0 or more, got ${train}.`);
  }
  const layers = methods.find((method) => method.layers);
  if (gradual && layers) {
    throw new UserError(`Expected heads and neurons to go along a schedule, got layers in "${layers.name}".`);
  }
  const unclear = methods.find(({ latency, layers: some, costs }) => latency && (some ?? costs));
  if (unclear) {
    throw new UserError(
      `Expected a share of latency of heads and neurons, and no other costs, got ${unclear.layers ? 'layers' : 'costs'} in "${unclear.name}".`,
    );
  }
  if (teaching && train === 0) {
    throw new UserError('Expected `train` of at least one epoch to learn from the dense model in, got 0.');
  }
  if (gradual && train === 0) {
    throw new UserError('Expected `train` of at least one epoch for a schedule to go along, got 0.');
  }
}
