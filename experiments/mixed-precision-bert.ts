import { Option } from 'commander';
import type { SensitivityTable } from '../lib/analysis/sensitivity/table';
import type { Solution } from '../lib/analysis/search/search';
import { staticInt8, weightOnly } from '../lib/compress/scheme';
import { perChannelGroup } from '../lib/quantization/granularity';
import { percentile } from '../lib/quantization/observers/percentile';
import { fp16, int4, ternary } from '../lib/quantization/spec';
import { mixedPrecision } from '../trainers/recipes/mixed-precision';
import { experiment, print } from './experiment';
import { footprintRuns } from './footprint-runs';
import { main } from './main';
import { mixedSections, Searched } from './mixed-precision-report';
import { Script, usualDefaults } from './options';
import { positive, several, whole } from './parse';
import { tokenRows } from './token-rows';

interface MixedPrecisionOptions {
  /** Mean bits of a weight. */
  readonly budget: readonly number[];
  /** Examples. */
  readonly calibration: number;
}

const DEFAULTS: MixedPrecisionOptions = { budget: [10, 6, 4], calibration: 256 };

/** What a layer may become. Ranges of activations are the same for all that are quantized. */
const SCHEMES = {
  fp16: weightOnly(fp16()),
  int8: staticInt8({ input: () => percentile() }),
  int4: weightOnly(int4(perChannelGroup(32))),
  ternary: weightOnly(ternary(perChannelGroup(32))),
} as const;

const script: Script<MixedPrecisionOptions> = {
  name: 'mixed-precision-bert',
  summary:
    'Measures what each layer of a trained BERT loses in 16, 8, 4 and 2 bits, and searches the best choices within budgets.',
  leastEpochs: 0,
  defaults: {
    ...usualDefaults(DEFAULTS),
    quick: { epochs: 3, budget: [6, 4] },
  },
  own: [
    new Option('--budget <bits...>', 'mean bits of a weight, a row each').argParser(several(positive)),
    new Option('--calibration <n>', 'training rows for ranges').argParser(whole(1)),
  ],
};

/** How many groups of layers have which scheme. */
function describe({ rows }: SensitivityTable, { choices, effectiveBits }: Solution, budget: number): string {
  const counts = [...new Set(rows.map(({ choice }) => choice))].flatMap((name) => {
    const count = choices.filter(({ choice }) => choice === name).length;
    return count === 0 ? [] : [`${count} × ${name}`];
  });
  return `search  ${budget} bits: ${counts.join(', ')}; ${effectiveBits.toFixed(2)} bits`;
}

void main((argv) =>
  experiment(script, argv, async ({ options, setup, folder, listener }) => {
    const { seed, threads, calibration, budget: budgets } = options;
    const tables: SensitivityTable[] = [];
    const searched: Searched[] = [];
    const outcomes = await mixedPrecision({
      setup,
      folder,
      listener,
      seed,
      schemes: SCHEMES,
      budgets,
      calibration,
      rows: tokenRows,
      inference: { threads },
      footprint: footprintRuns(threads),
      onSearched(table, solution, budget) {
        tables.push(table);
        searched.push({ solution, budget });
        print(describe(table, solution, budget));
      },
    });
    return { outcomes, sections: mixedSections(tables[0]!, searched) };
  }),
);
