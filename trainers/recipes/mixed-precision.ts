import type * as tf from '@tensorflow/tfjs';
import type { Measure } from '../../lib/analysis/measures/measure';
import { outputNoise } from '../../lib/analysis/measures/output-noise';
import { rulesOf } from '../../lib/analysis/search/rules-of';
import { search, Solution } from '../../lib/analysis/search/search';
import { sensitivity } from '../../lib/analysis/sensitivity/sensitivity';
import type { SensitivityTable } from '../../lib/analysis/sensitivity/table';
import type { Rule } from '../../lib/compress/rules';
import { identityOfRules } from '../../lib/compress/rules-identity';
import type { Json } from '../../lib/core/config';
import type { HostTensor } from '../../lib/core/host-tensor';
import { identityOf } from '../../lib/core/config';
import { withPhases } from './phases';
import { calibrationData, quantizePhase, QuantizingOptions, trainedPhase } from './quantizing';
import type { Outcome } from './setup';

/** Options of {@link mixedPrecision}. */
export interface MixedPrecisionOptions extends QuantizingOptions {
  /** What a layer may become, by name; `'skip'` is floats. */
  readonly schemes: Readonly<Record<string, Rule['use']>>;
  /** Mean bits of a weight, scales and what stays in floats included: a row each. */
  readonly budgets: readonly number[];
  /** What a choice costs, by batches of the training data; noise in the outputs by default. */
  readonly measure?: (data: readonly HostTensor[][]) => Measure;
  /** Told of the table, and of what was chosen for each budget. */
  readonly onSearched?: (table: SensitivityTable, solution: Solution, budget: number) => void;
}

/** Batches that layers are measured on. */
const MEASURED = 2;

/**
 * Mixed precision: a model is trained, or taken as it is; what each layer loses by each scheme is measured once, kept as
 * `sensitivity/outcome.json`, and searched for every budget. Each choice is scored as its exported file.
 *
 * @returns `dense`, then one of each budget: `mixed-4` for 4 bits.
 * @throws UserError for a budget below what the smallest choices take.
 *
 * @example await mixedPrecision({ setup, folder, seed: 0, schemes: { int8: staticInt8(), float: 'skip' }, budgets: [12] });
 */
export function mixedPrecision(options: MixedPrecisionOptions): Promise<Outcome[]> {
  const { budgets, schemes, onSearched } = options;
  return withPhases({ ...options, count: budgets.length + 1 }, async (phases) => {
    const dense = trainedPhase(options);
    const outcomes = [await phases.run(dense)];
    const table = await phases.between(dense, 'sensitivity', identityOfMeasure(options), (model) =>
      measureLayers(options, model),
    );
    const solutions = budgets.map((budget) => search(table, { effectiveBits: budget }));
    for (const [i, solution] of solutions.entries()) {
      onSearched?.(table, solution, budgets[i]!);
      const method = { name: `mixed-${budgets[i]}`, rules: rulesOf(solution, schemes) };
      outcomes.push(await phases.run(quantizePhase(options, method, dense)));
    }
    return outcomes;
  });
}

function identityOfMeasure({ schemes, measure, calibration }: MixedPrecisionOptions): Json {
  const choices = Object.entries(schemes).map(([name, use]) => [
    name,
    use === 'skip' ? use : identityOfRules(use),
  ]);
  return {
    schemes: Object.fromEntries(choices) as Json,
    measure: measure ? identityOf(measure) : null,
    calibration: calibration ?? null,
  };
}

async function measureLayers(
  options: MixedPrecisionOptions,
  model: tf.LayersModel,
): Promise<SensitivityTable> {
  const { schemes, measure = (data) => outputNoise({ data }) } = options;
  const data = await calibrationData(options);
  return sensitivity(model, { schemes, measure: measure(data.slice(0, MEASURED)), calibration: data });
}
