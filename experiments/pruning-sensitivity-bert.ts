import * as path from 'node:path';
import { Option } from 'commander';
import { PruningTable, USUAL_SPARSITIES } from '../lib/analysis/sensitivity/pruning-sensitivity';
import { writeFileAtomically } from '../lib/core/atomic-file';
import { layerwisePruning } from '../trainers/recipes/layerwise-pruning';
import { experiment, print } from './experiment';
import { lossTable, nameOfUnit } from './loss-table';
import { main } from './main';
import { readOptions, Script, usualDefaults } from './options';
import { eachOnce, fraction, notNegative, several, whole } from './parse';
import { SALIENCIES_OF_WEIGHTS, UnitOptions, unitOptions, unitsOf } from './pruning-methods';
import { pruningLosses, pruningSections, RulesOfLoss } from './pruning-sensitivity-report';
import { describeMeasure, MeasureName, measureOf, measureOption } from './sensitivity-measures';
import { formatTable, splitColumns } from './table';

interface SensitivityScriptOptions extends UnitOptions {
  readonly sparsity: readonly number[];
  readonly measure: MeasureName;
  /** What a layer may lose by itself. */
  readonly loss: readonly number[];
  /** Training rows. */
  readonly examples: number;
}

const own: SensitivityScriptOptions = {
  sparsity: USUAL_SPARSITIES,
  ...{ measure: 'noise', loss: [0.01, 0.1], examples: 512 },
  ...{ saliency: 'magnitude', pattern: 'unstructured' },
};

const script: Script<SensitivityScriptOptions> = {
  name: 'pruning-sensitivity-bert',
  summary:
    'Measures what each layer of a trained BERT loses by pruning, one layer at a time, and prunes each as far as it may lose so much: ' +
    'the rules are for gradual-pruning-bert --rules.',
  leastEpochs: 0,
  defaults: {
    ...usualDefaults(own),
    quick: { epochs: 2, sparsity: [0.3, 0.5, 0.7, 0.9], examples: 128 },
  },
  own: [
    eachOnce(
      new Option('--sparsity <fraction...>', 'of a layer, while the others are dense').argParser(
        several(fraction),
      ),
    ),
    measureOption(),
    eachOnce(
      new Option(
        '--loss <l...>',
        'what each layer may lose by itself, in the unit of --measure: rules and a row each, pruned at once without training',
      ).argParser(several(notNegative)),
    ),
    ...unitOptions(SALIENCIES_OF_WEIGHTS),
    new Option('--examples <n>', 'training rows to measure on, in whole batches').argParser(whole(1)),
  ],
};

void main((argv) => {
  unitsOf(readOptions(script, argv)); // before anything is opened
  return experiment(script, argv, async ({ options, task, ...recipe }) => {
    const { seed, threads, measure, examples, sparsity: sparsities, loss: losses } = options;
    const what = describeMeasure(measure, task);
    const place = (name: string) => path.join(recipe.folder, name);
    const tables: PruningTable[] = [];
    const found: RulesOfLoss[] = [];
    const outcomes = await layerwisePruning({
      ...{ ...recipe, ...unitsOf(options), seed, losses, sparsities, examples },
      measure: measureOf(measure, task),
      inference: { threads },
      onMeasured(table) {
        tables.push(table);
        printTable(table, what);
        write(place('sensitivity.json'), table);
      },
      onRules(rules, loss) {
        found.push({ rules, loss });
        write(place(`rules-${loss}.json`), rules);
      },
    });
    return { outcomes, sections: pruningSections(tables[0]!, found, what) };
  });
});

/** What each layer loses, in the width of a terminal. */
function printTable(table: PruningTable, what: string): void {
  const { unit, cells } = pruningLosses(table);
  print(`\nWhat each layer loses by itself at a sparsity, in ${nameOfUnit(unit)}:\n${what}.\n`);
  splitColumns(lossTable(cells)).forEach((part) => print(`${formatTable(part)}\n`));
}

/** Writes JSON, and says where. */
function write(file: string, content: unknown): void {
  writeFileAtomically(file, `${JSON.stringify(content, null, 2)}\n`);
  print(`wrote   ${path.relative('', file)}`);
}
