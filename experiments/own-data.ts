import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import type { Dataset, MetricName, StoredExamples } from '../datasets/dataset';
import { Quoting, quotings } from '../datasets/table/rows';
import { tableDataset } from '../datasets/table/table-dataset';
import { UserError } from '../lib/core/errors';
import { absolute } from './parse';

/** What scripts are told of data of the user's own. */
export interface OwnDataOptions {
  /** CSV, TSV or JSON Lines file to learn from instead of a task. */
  readonly data?: string;
  /** Such a file to evaluate on; without one, a tenth of the rows is held out. */
  readonly devData?: string;
  readonly textColumn?: string;
  /** Several are labels of their own, or numbers. */
  readonly labelColumn?: string | readonly string[];
  readonly pairColumn?: string;
  /** What quotes mean in `data` and `devData`. */
  readonly quoting?: Quoting;
  /** Plain text to pretrain on. */
  readonly text?: string;
  /** Labels are numbers to predict. */
  readonly regression?: boolean;
  /** What decides of classes; accuracy by default. */
  readonly metric?: ClassMetric;
}

/** The metrics of classes. */
const CLASS_METRICS = ['accuracy', 'f1', 'macro-f1', 'mcc'] as const satisfies readonly MetricName[];
type ClassMetric = (typeof CLASS_METRICS)[number];

/** For whoever reads a table. */
export const quotingOption = (): Option =>
  new Option(
    '--quoting <habit>',
    'of --data: none where quotes are characters like any other, quoted where they hold a cell together (default: quoted, unless a TSV ' +
      'leaves it in doubt)',
  ).choices(quotings);

/** The options of the command line. */
export const ownDataOptions = (): Option[] => [
  new Option('--data <file>', 'your own CSV, TSV or JSON Lines, instead of a task')
    .argParser(absolute)
    .conflicts(['task', 'dataDir']),
  new Option('--dev-data <file>', 'the same to evaluate on (default: a tenth of the rows)').argParser(
    absolute,
  ),
  new Option('--text-column <name>', 'of --data (default: told by the names: text, review, …)'),
  new Option(
    '--label-column <name...>',
    'of --data (default: told by the names: label, class, …); several: labels that are each right or not, 0 or 1 (no or yes, false or ' +
      'true); one of lists in JSON Lines: the names of those that are right',
  ).argParser(oneOrSeveral),
  new Option('--pair-column <name>', 'of --data: second texts (default: none)'),
  quotingOption(),
  new Option(
    '--metric <name>',
    'which score of the classes of --data decides: f1 is that of the second of two classes, macro-f1 the mean over classes (default: accuracy)',
  ).choices(CLASS_METRICS),
  new Option(
    '--regression',
    'labels of --data are numbers to predict, one for each label column or each place of a list',
  ),
];

/** A name stands for itself, so that a run of one column is told by it; names make a list. */
function oneOrSeveral(name: string, before?: string | readonly string[]): string | readonly string[] {
  return before === undefined ? name : [...[before].flat(), name];
}

/** @throws UserError for an option that only means something with `--data`. */
export function checkOwnData(given: Readonly<Record<string, unknown>>): void {
  const own = ownDataOptions();
  const stray = own.find((option) => given[option.attributeName()] !== undefined);
  if (stray && given['data'] === undefined) {
    throw new UserError(`Expected --data <file> with ${stray.long}, got it without.`);
  }
}

/**
 * Reads the table that the options name.
 *
 * @throws UserError as `tableDataset` does, and for a metric of other labels.
 */
export async function readOwnData(
  data: string,
  { devData, limit, ...options }: OwnDataOptions & { readonly limit?: number },
): Promise<Dataset<StoredExamples>> {
  const { textColumn, labelColumn, pairColumn, regression, quoting, metric } = options;
  const columns = { textColumn, labelColumn, pairColumn };
  const dataset = await tableDataset(data, { devFile: devData, limit, ...columns, regression, quoting });
  return metric === undefined ? dataset : decidedBy(metric, dataset);
}

function decidedBy<D extends Dataset<StoredExamples>>(metric: ClassMetric, dataset: D): D {
  const { problem = 'single-label', labels, metric: usual } = dataset;
  if (problem !== 'single-label') {
    throw new UserError(
      `Expected --metric with classes, got ${metric} with a ${problem} problem, which ${usual} decides; leave it out.`,
    );
  }
  if (metric === 'f1' && labels.length > 2) {
    throw new UserError(
      `Expected --metric macro-f1 or another for ${labels.length} classes, got f1, which is that of the second of two.`,
    );
  }
  return { ...dataset, metric };
}

/** Options that name a file whose content decides. */
type ContentOptions = Pick<OwnDataOptions, 'data' | 'devData' | 'text'> & { readonly rules?: string };

/** What the files hold, for the config of a run: one of other rows is another run, and one of other rules. */
export async function contentsOf(options: ContentOptions): Promise<{ readonly contents?: string }> {
  const { data, devData, text, rules } = options;
  const files = [data, devData, text, rules].filter((file) => file !== undefined);
  if (files.length === 0) return {};
  const hash = createHash('sha256');
  for (const file of files) {
    await pipeline(fs.createReadStream(file), hash, { end: false });
  }
  return { contents: hash.digest('hex').slice(0, 16) };
}
