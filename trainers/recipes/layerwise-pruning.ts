import type * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../datasets/batch';
import { sampleBatches } from '../../datasets/sample-batches';
import type { Measure } from '../../lib/analysis/measures/measure';
import { outputNoise } from '../../lib/analysis/measures/output-noise';
import { sparsityRulesOf } from '../../lib/analysis/sensitivity/pruning-curves';
import {
  expectByWeights,
  pruningSensitivity,
  prunedLayers,
  PruningRow,
  PruningSensitivityOptions,
  PruningTable,
  USUAL_SPARSITIES,
} from '../../lib/analysis/sensitivity/pruning-sensitivity';
import { identityOf } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import {
  layerwiseDistribution,
  SparsityRule,
  sparsityOfRules,
} from '../../lib/pruning/distributions/layerwise';
import { effectiveValues, setMasks } from '../../lib/pruning/model-masks';
import { expectPrunable, prune, PrunableWeight } from '../../lib/pruning/prune';
import { defaultTargets } from '../../lib/pruning/targets';
import type { InferenceOptions } from '../inference';
import { densePhase } from './dense';
import { expectSparsities } from './expect-sparsities';
import type { Phase } from './phase';
import { withPhases } from './phases';
import type { Outcome, RecipeOptions } from './setup';

export interface LayerwisePruningOptions
  extends RecipeOptions, Pick<PruningSensitivityOptions, 'sparsities' | 'saliency' | 'pattern'> {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** What each layer may lose by itself at most, in the measure's unit: a row each. */
  readonly losses: readonly number[];
  /** What is lost, on the first batches of the training data; noise in the outputs by default. */
  readonly measure?: (batches: readonly Batch[]) => Measure;
  /** Training examples that layers are measured on; 512 by default. */
  readonly examples?: number;
  /** How pruned models are run for the reported score. */
  readonly inference?: InferenceOptions;
  /** Told of the table, measured or found. */
  readonly onMeasured?: (table: PruningTable) => void;
  /** Told of the rules of each loss. */
  readonly onRules?: (rules: readonly SparsityRule[], loss: number) => void;
}

const EXAMPLES = 512;

/**
 * Layer-wise pruning: a model is trained, or taken as it is where the setup has no epochs; what each layer loses by itself at each sparsity is
 * measured once, kept as `sensitivity/outcome.json`; and for every loss each layer is pruned at once as far as it loses no more, without
 * training. The rules are those that `layerwiseDistribution` takes.
 *
 * Han et al., 2015 (arXiv:1506.02626), figure 6.
 *
 * @returns `dense`, then one of each loss: `rules-0.01`.
 * @throws UserError for losses and sparsities that are none, a saliency that needs more than weights, a pattern that does not fit the model,
 *   before anything is trained; and for a loss that no layer keeps to.
 *
 * @example await layerwisePruning({ setup, folder, seed: 0, losses: [0.01, 0.1] });
 */
export async function layerwisePruning(options: LayerwisePruningOptions): Promise<Outcome[]> {
  const { seed, setup, losses, onMeasured, onRules } = options;
  await expectPossible(options);
  return withPhases({ ...options, count: losses.length + 1 }, async (phases) => {
    const dense = densePhase(seed, { handsOn: true, trains: setup.epochs > 0 });
    const outcomes = [await phases.run(dense)];
    const table = await phases.between(dense, 'sensitivity', identityOfMeasure(options), (model) =>
      measureLayers(options, model),
    );
    onMeasured?.(table);
    const found = losses.map((loss) => ({ loss, rules: sparsityRulesOf(table, { loss }) }));
    for (const { loss, rules } of found) {
      onRules?.(rules, loss);
      outcomes.push(await phases.run(rulesPhase(options, rules, loss, dense)));
    }
    return outcomes;
  });
}

async function expectPossible(options: LayerwisePruningOptions): Promise<void> {
  const { setup, seed, losses, sparsities = USUAL_SPARSITIES, saliency, pattern } = options;
  expectLosses(losses);
  expectSparsities(sparsities);
  expectByWeights(saliency);
  const model = await setup.model(seed);
  try {
    const shapes = defaultTargets(model).map(({ path, variable }) => [path, variable.shape] as const);
    expectPrunable(Math.max(...sparsities), new Map(shapes), { pattern });
  } finally {
    model.dispose();
  }
}

function expectLosses(losses: readonly number[]): void {
  const wrong = losses.find((loss) => !(loss >= 0 && loss < Infinity));
  if (wrong === undefined && losses.length > 0 && new Set(losses).size === losses.length) return;
  throw new UserError(
    `Expected different losses, at least one, of at least 0, got ${losses.join(', ') || 'none'}.`,
  );
}

const identityOfMeasure = (options: LayerwisePruningOptions) => {
  const { sparsities = USUAL_SPARSITIES, saliency, pattern, measure, examples = EXAMPLES } = options;
  return identityOf({ sparsities, saliency, pattern, measure, examples });
};

async function measureLayers(options: LayerwisePruningOptions, model: tf.LayersModel): Promise<PruningTable> {
  const { setup, seed, listener, sparsities = USUAL_SPARSITIES, saliency, pattern } = options;
  const { measure = noiseOf, examples = EXAMPLES } = options;
  const batches = await sampleBatches(setup.data(seed), examples);
  const total = prunedLayers(model).length * sparsities.length;
  let done = 0;
  const onRow = ({ group, sparsity }: PruningRow) =>
    listener?.onProgress?.({ done: ++done, total, text: `${group} at a sparsity of ${sparsity}` });
  return pruningSensitivity(model, { measure: measure(batches), sparsities, saliency, pattern, onRow });
}

const noiseOf = (batches: readonly Batch[]): Measure => outputNoise({ data: batches.map(({ xs }) => xs) });

/** The model pruned by rules, at once. */
function rulesPhase(
  options: LayerwisePruningOptions,
  rules: readonly SparsityRule[],
  loss: number,
  after: Phase,
): Phase {
  const { seed, saliency, pattern } = options;
  const distribution = layerwiseDistribution(rules);
  return {
    label: { method: `rules-${loss}`, role: 'method', seed },
    identity: identityOf({ distribution, saliency, pattern }),
    after,
    trains: false,
    attach(model) {
      const targets = defaultTargets(model);
      const weights = new Map(targets.map(({ path, variable }) => [path, prunable(variable)]));
      const sparsity = sparsityOfRules(rules, targets, pattern);
      setMasks(model, prune(sparsity, weights, new Map(), { saliency, pattern, distribution }));
      return {};
    },
  };
}

const prunable = (variable: tf.Variable): PrunableWeight => ({
  data: Float32Array.from(effectiveValues(variable)),
  shape: variable.shape,
});
