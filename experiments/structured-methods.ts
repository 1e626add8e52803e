import type * as tf from '@tensorflow/tfjs';
import { Option } from 'commander';
import { configured } from '../lib/core/config';
import { UserError } from '../lib/core/errors';
import { bertConfigOf } from '../lib/models/bert-config-of';
import type { GradientOptions } from '../lib/analysis/measures/gradients';
import { Importance, onlyHeads, onlyNeurons, UnlabelledBatches } from '../lib/structure/importance';
import { layerChanges } from '../lib/structure/layers/layer-changes';
import { layersLeftOut } from '../lib/structure/layers/layers-left-out';
import { logitFisher } from '../lib/structure/logit-fisher';
import { activations } from '../lib/structure/scores/activations';
import { attentionImportance, AttentionStatistic } from '../lib/structure/scores/attention-statistics';
import { headsLeftOut } from '../lib/structure/scores/heads-left-out';
import { lossGradients, lossTaylor } from '../lib/structure/scores/loss-gradients';
import { weightNorms } from '../lib/structure/scores/weight-norms';
import { unitParameters } from '../lib/structure/unit-costs';
import { cubicDecay, linearDecay } from '../lib/pruning/schedule';
import { cosineDecay } from '../lib/pruning/schedules/cosine-decay';
import { exponentialDecay } from '../lib/pruning/schedules/exponential-decay';
import type { GradualSchedule } from '../trainers/recipes/gradual-pruning';
import type { Asked, Scoring, StructuredMethod } from '../trainers/recipes/structured-method';
import { footprintRuns } from './footprint-runs';
import { eachOnce } from './parse';

const UNITS = ['all', 'heads', 'neurons', 'layers'] as const;
type UnitsName = (typeof UNITS)[number];

const inputsOf = ({ batches }: Scoring): UnlabelledBatches => batches.map(({ xs }) => xs);
const labelled = ({ batches, loss }: Scoring): GradientOptions => ({ data: batches, loss });
const attention =
  (statistic: AttentionStatistic): Asked<Importance> =>
  (model, scoring) =>
    attentionImportance(model, inputsOf(scoring), statistic);

/** How heads and neurons are scored, and whether such scores of the two can be compared. */
interface UnitScore {
  readonly of: readonly UnitsName[];
  readonly ask: Asked<Importance>;
  readonly apart?: boolean;
}

const BOTH = ['all', 'heads', 'neurons'] as const;

const UNIT_SCORES: Readonly<Record<string, UnitScore>> = {
  fisher: { of: BOTH, ask: (model, scoring) => logitFisher(model, inputsOf(scoring)) },
  gradient: { of: BOTH, ask: (model, scoring) => lossGradients(model, labelled(scoring)) },
  taylor: { of: BOTH, ask: (model, scoring) => lossTaylor(model, labelled(scoring)) },
  magnitude: { of: BOTH, ask: (model) => weightNorms(model, 2), apart: true },
  'magnitude-l1': { of: BOTH, ask: (model) => weightNorms(model, 1), apart: true },
  activation: { of: ['neurons'], ask: (model, scoring) => activations(model, inputsOf(scoring)) },
  'attention-mean': { of: ['heads'], ask: attention('mean') },
  'attention-variance': { of: ['heads'], ask: attention('variance') },
  'attention-entropy': { of: ['heads'], ask: attention('entropy') },
  'attention-confidence': { of: ['heads'], ask: attention('confidence') },
  'attention-focus': { of: ['heads'], ask: attention('focus') },
  'leave-out': { of: ['heads'], ask: (model, scoring) => headsLeftOut(model, inputsOf(scoring)) },
};

const LAYER_SCORES: Readonly<Record<string, Asked<readonly number[]>>> = {
  change: (model, scoring) => layerChanges(model, inputsOf(scoring)),
  'leave-out': (model, scoring) => layersLeftOut(model, inputsOf(scoring)),
};

const BUDGETS: Readonly<Record<string, (threads: number) => Pick<StructuredMethod, 'costs' | 'latency'>>> = {
  'multiply-adds': () => ({}),
  parameters: () => ({
    costs: configured((model: tf.LayersModel) => unitParameters(bertConfigOf(model)), 'parameters'),
  }),
  latency: (threads) => ({ latency: footprintRuns(threads) }),
};

export const STRUCTURE_SCHEDULES: Readonly<Record<string, GradualSchedule>> = {
  linear: linearDecay,
  cubic: cubicDecay,
  exponential: exponentialDecay,
  cosine: cosineDecay,
};

/** The options of what goes; without them, heads and neurons go by `fisher` and their multiply-adds. */
export interface StructuredMethodOptions {
  readonly units?: UnitsName;
  /** Names of scores; the usual one of the units by default. */
  readonly method?: readonly string[];
  readonly budget?: string;
  readonly perLayer?: boolean;
}

/** The options of the command line. */
export const methodOptions = (): Option[] => [
  new Option('--units <kind>', 'what goes: heads and neurons, heads, neurons, or whole layers').choices(
    UNITS,
  ),
  eachOnce(
    new Option(
      '--method <names...>',
      'how important they are, rows of each (default: fisher, of layers change); leave-out answers without each head or layer in turn',
    ).choices([...new Set([...Object.keys(UNIT_SCORES), ...Object.keys(LAYER_SCORES)])]),
  ),
  new Option(
    '--budget <cost>',
    'what --removed is a share of: what heads and neurons take of multiply-adds (of texts of 64 tokens) or parameters, or the latency of ' +
      'the whole model, measured again on what is cut until it is met (default: multiply-adds)',
  ).choices(Object.keys(BUDGETS)),
  new Option('--per-layer', 'as many heads, and as many neurons, in each layer'),
];

/**
 * The ways of pruning that the options name.
 *
 * @throws UserError for options that do not fit together.
 */
export function structuredMethods(options: StructuredMethodOptions, threads: number): StructuredMethod[] {
  const { units = 'all', method = [units === 'layers' ? 'change' : 'fisher'], budget, perLayer } = options;
  expectTogether(options);
  const of = BUDGETS[budget ?? 'multiply-adds']!(threads);
  return method.map((name) => ({
    ...(units === 'layers' ? layerMethod(name) : unitMethod(name, units, perLayer)),
    ...of,
  }));
}

function layerMethod(name: string): StructuredMethod {
  const ask = LAYER_SCORES[name] ?? unknown(name, 'layers', Object.keys(LAYER_SCORES));
  return { name: `layers-${name}`, layers: configured(ask, name) };
}

function unitMethod(name: string, units: keyof typeof KINDS, perLayer?: boolean): StructuredMethod {
  const fitting = Object.keys(UNIT_SCORES).filter((each) => UNIT_SCORES[each]!.of.includes(units));
  if (!fitting.includes(name)) unknown(name, units, fitting);
  const { ask, apart } = UNIT_SCORES[name]!;
  const importance: Asked<Importance> = async (model, scoring) => KINDS[units](await ask(model, scoring));
  return {
    name: units === 'all' && name === 'fisher' ? 'structured' : `${units}-${name}`,
    importance: units === 'all' && name === 'fisher' ? undefined : configured(importance, name, { units }),
    apart: apart && units === 'all' ? true : undefined,
    perLayer,
  };
}

const KINDS = { all: (all: Importance) => all, heads: onlyHeads, neurons: onlyNeurons } as const;

function unknown(name: string, units: UnitsName, known: readonly string[]): never {
  throw new UserError(`Expected --method ${known.join(', ')} with --units ${units}, got ${name}.`);
}

function expectTogether({ units = 'all', budget, perLayer }: StructuredMethodOptions): void {
  if (units === 'layers' && budget === 'latency') {
    throw new UserError(
      'Expected --budget multiply-adds or parameters with --units layers, got latency; leave --budget out.',
    );
  }
  if (units === 'layers' && perLayer) {
    throw new UserError(
      'Expected --per-layer with heads or neurons, got --units layers; leave --per-layer out.',
    );
  }
}
