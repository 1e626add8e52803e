import * as fs from 'node:fs';
import type { Json } from '../lib/core/config';
import type { Footprint } from '../lib/analysis/footprint';
import {
  either,
  type Fields,
  isNumber,
  isRecord,
  isText,
  listOf,
  mapOf,
  misfit,
  optional,
  recordOf,
} from '../lib/core/checks';
import { UserError } from '../lib/core/errors';
import { printable, quoted } from '../lib/core/printable';
import { writeFileAtomically } from '../lib/core/atomic-file';
import { WinningTickets, winningTickets } from '../trainers/recipes/winning-tickets';
import type { Confusion } from './confusion';
import type { FileSize } from '../lib/core/file-sizes';

/** One trained or evaluated model. */
export interface ResultRow {
  /** How the model was made: `dense`, `ticket`, `shuffled`, `reinit`, `gradual`, `qat`, … */
  readonly method: string;
  /** Of the first weights, the order of the data and dropout. */
  readonly seed: number;
  /** Pruning level: 0 is dense, each next one sparser. Absent where a method has no levels. */
  readonly level?: number;
  /** How it was made, where there is something to say: sparsities, rules, fractions of the training. */
  readonly options?: Json;
  /** Zeros among the pruning targets, a fraction in [0, 1), counted on the weights. */
  readonly sparsity: number;
  /** Bits of a quantized weight; absent for float32, and where weights have several widths. */
  readonly bits?: number;
  /** Scores on the development set, fractions; the task's own metric among them. */
  readonly metrics: Readonly<Record<string, number>>;
  /** What the weights take as they are stored, measured. */
  readonly bytes?: number;
  /** What its file costs, where that was measured. */
  readonly footprint?: Footprint;
  /** The share of the cost that was cut out at once, counted. */
  readonly removed?: number;
  /** How far the cut moved the answers, per example: of classes the mean KL divergence from the dense model's. */
  readonly divergence?: number;
  /** Optimizer steps of its training. */
  readonly steps: number;
  /** Wall time of its training and evaluation. */
  readonly seconds: number;
}

/** The rows of one (method, level) over the seeds: the task's metric and its spread. */
export interface SummaryRow {
  /** As in the rows. */
  readonly method: string;
  /** As in the rows. */
  readonly level?: number;
  /** Mean over the rows. */
  readonly sparsity: number;
  /** Rows, one of each seed. */
  readonly n: number;
  /** Of the task's metric. */
  readonly mean: number;
  /** Of the task's metric. */
  readonly min: number;
  /** Of the task's metric. */
  readonly max: number;
}

/** A row's model. */
export interface KeptModel extends Pick<ResultRow, 'method' | 'seed' | 'level'> {
  /** Where it is, in the run's folder. */
  readonly folder: string;
  /** Its files, as they lie there. */
  readonly files: readonly FileSize[];
}

/** What `result.json` holds, the same in every experiment. */
export interface ExperimentResult {
  /** As tables and charts call it. */
  readonly task: string;
  /** Name of the metric that decides, a key of each row's `metrics`. */
  readonly metric: string;
  /** That metric's value for always giving the same answer: the most frequent class, of each label the more frequent answer, or any number. */
  readonly majority: number;
  /** Every model. */
  readonly rows: readonly ResultRow[];
  /** The rows over the seeds. */
  readonly summary: readonly SummaryRow[];
  /** Which tickets win, where there are any. */
  readonly winning?: WinningTickets;
  /** Of the first of the models that were kept, on classes of the user's own. */
  readonly confusion?: Confusion;
  /** The rows whose models were kept. */
  readonly models?: readonly KeptModel[];
}

/** What `majority` is the score of. */
export function constantName(metric: string): string {
  if (metric === 'micro-f1') return 'majority per label';
  return metric === 'pearson' || metric === 'spearman' ? 'constant answer' : 'majority class';
}

/** A row's value of the task's metric. */
export function scoreOf(row: ResultRow, metric: string): number {
  const score = row.metrics[metric];
  if (score === undefined) {
    const found = Object.keys(row.metrics).join(', ') || 'none';
    throw new Error(
      `Expected the metric ${metric} in the row of ${row.method}, seed ${row.seed}; found ${found}.`,
    );
  }
  return score;
}

/** Mean, minimum and maximum of `metric` per (method, level), in the order in which they first appear. */
export function summarize(rows: readonly ResultRow[], metric: string): SummaryRow[] {
  const groups = new Map<string, ResultRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.method, row.level]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => summarizeGroup(group, metric));
}

function summarizeGroup(group: readonly ResultRow[], metric: string): SummaryRow {
  const { method, level } = group[0]!;
  const scores = group.map((row) => scoreOf(row, metric));
  return {
    method,
    ...(level === undefined ? {} : { level }),
    sparsity: mean(group.map(({ sparsity }) => sparsity)),
    n: group.length,
    mean: mean(scores),
    min: Math.min(...scores),
    max: Math.max(...scores),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Adds the summary to an experiment's rows, and the verdict on tickets. */
export function experimentResult(result: Omit<ExperimentResult, 'summary' | 'winning'>): ExperimentResult {
  const { rows, metric } = result;
  const winning = winningTickets(rows, metric);
  return { ...result, summary: summarize(rows, metric), ...(winning ? { winning } : {}) };
}

/** Writes `result.json` in one piece: a reader, or a kill, never meets half of it. */
export function writeResult(file: string, result: ExperimentResult): void {
  writeFileAtomically(file, `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * Reads what `writeResult` wrote. A score that was no number, which JSON does not have, is NaN again.
 *
 * @throws UserError for a file that is missing or damaged.
 */
export function readResult(file: string): ExperimentResult {
  if (!fs.existsSync(file)) throw new UserError(`Expected a result at ${file}, found no such file.`);
  const value = parse(file);
  if (!isRecord(value)) throw damaged(file, 'it is no object');
  const wrong = misfit(value, FIELDS);
  if (wrong !== undefined) throw damaged(file, `what it says under ${wrong} is not what a run writes`);
  const result = value as unknown as ExperimentResult;
  const { metric } = result;
  if (!result.rows.every(({ metrics }) => metric in metrics))
    throw damaged(file, `a row has no ${quoted(metric)}`);
  return withNumbers(result);
}

function parse(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw damaged(file, printable((error as Error).message), error);
  }
}

const damaged = (file: string, problem: string, cause?: unknown): UserError =>
  new UserError(`Expected a result at ${file}, but it is damaged: ${problem}.`, { cause });

const isScore = either(isNumber, (value) => value === null);

const isRow = recordOf({
  method: isText,
  seed: isNumber,
  level: optional(isNumber),
  sparsity: isNumber,
  bits: optional(isNumber),
  metrics: mapOf(isScore),
  bytes: optional(isNumber),
  footprint: optional(mapOf(isNumber)),
  removed: optional(isNumber),
  divergence: optional(isScore),
  steps: isNumber,
  seconds: isNumber,
});

const isSummary = recordOf({
  method: isText,
  level: optional(isNumber),
  sparsity: isNumber,
  n: isNumber,
  mean: isScore,
  min: isScore,
  max: isScore,
});

const isJudged = recordOf({ level: isNumber, sparsity: isNumber, mean: isScore });

const FIELDS: Fields = {
  task: isText,
  metric: isText,
  majority: isScore,
  rows: listOf(isRow),
  summary: listOf(isSummary),
  winning: optional(
    recordOf({
      dense: recordOf({ seeds: isNumber, mean: isScore, deviation: isScore }),
      threshold: isScore,
      levels: listOf(isJudged),
      sparsest: optional(isJudged),
    }),
  ),
  confusion: optional(recordOf({ labels: listOf(isText), counts: listOf(listOf(isNumber)) })),
  models: optional(
    listOf(
      recordOf({
        method: isText,
        seed: isNumber,
        level: optional(isNumber),
        folder: isText,
        files: listOf(recordOf({ file: isText, bytes: isNumber })),
      }),
    ),
  ),
};

function withNumbers(result: ExperimentResult): ExperimentResult {
  const number = (score: number | null): number => score ?? NaN;
  return {
    ...result,
    majority: number(result.majority),
    rows: result.rows.map((row) => ({
      ...row,
      metrics: Object.fromEntries(Object.entries(row.metrics).map(([name, score]) => [name, number(score)])),
    })),
    summary: result.summary.map((row) => ({
      ...row,
      mean: number(row.mean),
      min: number(row.min),
      max: number(row.max),
    })),
  };
}
