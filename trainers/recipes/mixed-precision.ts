import type { Measure } from '../../lib/analysis/measures/measure';
import { outputNoise } from '../../lib/analysis/measures/output-noise';
import { rulesOf } from '../../lib/analysis/search/rules-of';
import { search, Solution } from '../../lib/analysis/search/search';
import { sensitivity } from '../../lib/analysis/sensitivity/sensitivity';
import type { SensitivityTable } from '../../lib/analysis/sensitivity/table';
import type { Rule } from '../../lib/compress/rules';
import type { HostTensor } from '../../lib/core/host-tensor';
import { calibrationData, quantizeTrained, QuantizingOptions, trainDense, trainedModel } from './quantizing';
import type { Outcome } from './setup';
import { stage } from './stage';
import { trainingFolder } from './trainings';

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
export async function mixedPrecision(options: MixedPrecisionOptions): Promise<Outcome[]> {
  const { budgets, schemes, onSearched } = options;
  const count = budgets.length + 1;
  const dense = await trainDense(options, count);
  const table = await measureLayers(options);
  const solutions = budgets.map((budget) => search(table, { effectiveBits: budget }));
  const outcomes = [dense];
  for (const [i, solution] of solutions.entries()) {
    onSearched?.(table, solution, budgets[i]!);
    const method = { name: `mixed-${budgets[i]}`, rules: rulesOf(solution, schemes) };
    outcomes.push(await quantizeTrained(options, method, { index: i + 1, count, dense }));
  }
  return outcomes;
}

async function measureLayers(options: MixedPrecisionOptions): Promise<SensitivityTable> {
  const { folder, seed, schemes, measure = (data) => outputNoise({ data }) } = options;
  const { outcome } = await stage(trainingFolder(folder, { seed, method: 'sensitivity' }), async () => {
    const model = await trainedModel(options);
    try {
      const data = await calibrationData(options);
      return await sensitivity(model, {
        schemes,
        measure: measure(data.slice(0, MEASURED)),
        calibration: data,
      });
    } finally {
      model.dispose();
    }
  });
  return outcome;
}
