import type { Outcome } from '../trainers/recipes/setup';
import { curveChart } from './charts/curve-chart';
import { layerChart } from './charts/layer-chart';
import { methodChart } from './charts/method-chart';
import { scoreChart } from './charts/score-chart';
import { confusionSection } from './confusion-table';
import { describeUnlearned } from './remarks';
import { HtmlReport, ReportChart, ReportSection } from './report';
import type { ExperimentResult, SummaryRow } from './result';
import type { RunFolder } from './run-folder';
import { Baseline, scoreTable } from './score-table';
import { megabytes, percent } from './table';
import { describeWinning } from './winning';

export interface ExperimentReportOptions {
  readonly title: string;
  /** What the method is, and what it was applied to, for somebody who meets it here. */
  readonly summary: string;
  readonly run: RunFolder;
  readonly result: ExperimentResult;
  readonly outcomes: readonly Outcome[];
  readonly baselines: readonly Baseline[];
  /** What else a script shows, after the scores. */
  readonly sections: readonly ReportSection[];
}

/** The report of a run: scores, sparsity by layer, loss curves, and how it was made. */
export function experimentReport(options: ExperimentReportOptions): HtmlReport {
  const { title, summary, result, outcomes } = options;
  return {
    title,
    intro: summary,
    figures: figures(result),
    sections: [
      scoreSection(options),
      ...(result.confusion ? [confusionSection(result.confusion)] : []),
      ...options.sections,
      ...layerSection(result, outcomes),
      ...lossSection(result, outcomes),
      ...fileSections(result),
      configSection(options.run),
    ],
  };
}

/** The dense score, and for each method that of its sparsest level. */
function figures({ metric, summary }: ExperimentResult): HtmlReport['figures'] {
  return lastLevels(summary).map(({ method, mean, sparsity }) => ({
    value: mean.toFixed(3),
    label: method === 'dense' ? `${metric}, dense` : `${metric}, ${method}, ${percent(sparsity)} zeros`,
  }));
}

/** Of each method the row of its last level. */
function lastLevels(summary: readonly SummaryRow[]): SummaryRow[] {
  return [...new Map(summary.map((row) => [row.method, row])).values()];
}

/** What zeros that no structure follows are good for. */
const ZEROS =
  'Zeros strewn over the weights make a file smaller where it is compressed by gzip, or written by `exportOnnx(…, { sparse: true })`. They make ' +
  'a model no faster in onnxruntime, which multiplies by them too: 1.0 times as fast as the dense one. What is cut out as a whole (`shrink`) does.';

function scoreSection({ result, outcomes, baselines }: ExperimentReportOptions): ReportSection {
  const sparse = result.summary.some(({ level = 0 }) => level > 0);
  return {
    heading: 'Scores',
    text: scoreText(result, outcomes),
    charts: [
      sparse
        ? {
            spec: scoreChart(result),
            caption: `${result.metric} on the development set against sparsity: mean, and range over the seeds.`,
          }
        : {
            spec: methodChart(result),
            caption: `${result.metric} on the development set: mean, and range over the seeds.`,
          },
    ],
    table: scoreTable(result, outcomes, baselines),
  };
}

/** The sparsest winning ticket, what learned nothing, and what zeros of weights in floats are good for, where there are any. */
function scoreText(result: ExperimentResult, outcomes: readonly Outcome[]): string | undefined {
  const { winning, metric } = result;
  const isPruned = outcomes.some(({ bits, sparsity }) => bits === undefined && sparsity > 0);
  const unlearned = describeUnlearned(result);
  const sentences = [
    ...(winning ? [describeWinning(winning, metric)] : []),
    ...(unlearned ? [unlearned] : []),
    ...(isPruned ? [ZEROS] : []),
  ];
  return sentences.length > 0 ? sentences.join(' ') : undefined;
}

/** Where the zeros are, at the last level of the method that chose them. */
function layerSection({ summary }: ExperimentResult, outcomes: readonly Outcome[]): ReportSection[] {
  const chosen = lastLevels(summary).find(({ method, level = 0 }) => method !== 'dense' && level > 0);
  if (!chosen) return [];
  const models = outcomes.filter(({ method, level }) => method === chosen.method && level === chosen.level);
  return [
    {
      heading: 'Sparsity per layer',
      charts: [
        {
          spec: layerChart(models.flatMap(({ layers }) => layers)),
          caption: `\`${chosen.method}\` at level ${chosen.level}: mean over the seeds, and each seed as a dot.`,
        },
      ],
    },
  ];
}

/**
 * Training losses by method at the last level, where there is one; and by level, of the chain that made the ticket. Nothing where nothing was
 * trained.
 */
function lossSection({ summary }: ExperimentResult, outcomes: readonly Outcome[]): ReportSection[] {
  const isLast = ({ method, level }: Outcome) =>
    lastLevels(summary).some((row) => row.method === method && row.level === level);
  const levels = outcomes.some(({ method }) => method === 'ticket');
  const chain = outcomes.filter(({ method }) => levels && (method === 'dense' || method === 'ticket'));
  const charts = [
    ...lossChart(outcomes.filter(isLast), ({ method }) => method, {
      caption: `Mean over the seeds${levels ? ', at the last level of each method' : ''}.`,
    }),
    ...lossChart(chain, ({ level = 0 }) => `level ${level}`, {
      caption: 'Dense (level 0) and tickets, mean over the seeds.',
      ordered: true,
    }),
  ];
  return charts.length > 0 ? [{ heading: 'Training loss', charts }] : [];
}

/** None of models that were not trained, or whose losses are no numbers. */
function lossChart(
  outcomes: readonly Outcome[],
  seriesOf: (outcome: Outcome) => string,
  { caption, ordered }: { readonly caption: string; readonly ordered?: boolean },
): ReportChart[] {
  const points = outcomes.flatMap((outcome) =>
    outcome.losses.map(({ step, loss }) => ({ series: seriesOf(outcome), step, value: loss })),
  );
  if (!points.some(({ value }) => Number.isFinite(value))) return [];
  return [{ spec: curveChart(points, { title: 'training loss', ordered }), caption }];
}

/** What the models take that were kept, file by file. */
function fileSections({ models = [] }: ExperimentResult): ReportSection[] {
  if (models.length === 0) return [];
  const rows = models.flatMap(({ folder, files }) =>
    files.map(({ file, bytes, gzippedBytes }) => [
      `${folder}/${file}`,
      megabytes(bytes),
      gzippedBytes === undefined ? '' : megabytes(gzippedBytes),
    ]),
  );
  return [{ heading: 'Files', table: { columns: ['file', 'MB', 'gzip MB'], rows } }];
}

function configSection({ config }: RunFolder): ReportSection {
  const { versions, ...place } = config.environment;
  const rows = Object.entries({ script: config.script, ...config.options, ...place, ...versions });
  return {
    heading: 'How it was made',
    table: { columns: ['', ''], rows: rows.map(([name, value]) => [name, String(value)]) },
  };
}
