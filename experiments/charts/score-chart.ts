import { constantName, scoreOf } from '../result';
import type { ExperimentResult } from '../result';
import { endLabels, paddedDomain } from './labels';
import type { EndLabel, Layer } from './labels';
import type { ChartSpec } from './render';
import { colors, methodColors } from './theme';

const HEIGHT = 340;

/**
 * Score against sparsity: per method a line through the means, a band from minimum to maximum, a dot per seed; the
 * dense baseline and a constant answer (the majority class) as dashed lines.
 */
export function scoreChart(result: ExperimentResult): ChartSpec {
  const { metric, majority, rows, summary } = result;
  const dense = summary.find(({ method }) => method === 'dense');
  const methods = [...new Set(summary.map(({ method }) => method))].filter((method) => method !== 'dense');
  const seeds = rows.map((row) => ({ ...row, score: scoreOf(row, metric), x: levelSparsity(result, row) }));
  const domain = paddedDomain([majority, ...seeds.map(({ score }) => score)]);

  const references: EndLabel[] = [
    { text: constantName(metric), y: majority, color: colors.muted, quiet: true },
    ...(dense ? [{ text: 'dense', y: dense.mean, color: methodColors(['dense'])[0]! }] : []),
  ];
  const ends = methods.map((method, i) => ({
    text: method,
    y: summary.filter((row) => row.method === method).reduce((a, b) => (b.sparsity >= a.sparsity ? b : a))
      .mean,
    color: methodColors(methods)[i]!,
  }));
  const axes = scoreAxes(result, ['dense', ...methods], domain);
  return {
    width: 600,
    height: HEIGHT,
    layer: [
      referenceLines(references),
      ...spreadLayers(summary, axes),
      seedDots(seeds, axes),
      ...endLabels([...references, ...ends], domain, HEIGHT),
    ],
  };
}

/** Seeds of one level stand above each other, at the level's mean sparsity. */
function levelSparsity({ summary }: ExperimentResult, row: { method: string; level?: number }): number {
  return summary.find(({ method, level }) => method === row.method && level === row.level)!.sparsity;
}

type Axes = ReturnType<typeof scoreAxes>;

function scoreAxes(
  { metric, summary }: ExperimentResult,
  methods: readonly string[],
  domain: [number, number],
) {
  const last = Math.max(0.1, ...summary.map(({ sparsity }) => sparsity));
  const type = 'quantitative' as const;
  return {
    x: {
      type,
      title: 'sparsity of the pruning targets',
      axis: { format: '.0%', tickCount: 8 },
      scale: { domain: [-0.02 * last, 1.03 * last], nice: false },
    },
    y: { type, title: metric, axis: { tickCount: 6 }, scale: { domain, nice: false, zero: false } },
    color: {
      field: 'method',
      type: 'nominal' as const,
      legend: null,
      scale: { domain: [...methods], range: methodColors(methods) },
    },
  };
}

function referenceLines(references: readonly EndLabel[]): Layer {
  return {
    data: { values: [...references] },
    mark: { type: 'rule', strokeDash: [5, 4], strokeWidth: 1.5 },
    encoding: {
      y: { field: 'y', type: 'quantitative' },
      color: { field: 'color', type: 'nominal', scale: null },
    },
  };
}

/** The rows, and for each method that starts at level 1 the dense model that it grows out of. */
function withOrigins(summary: ExperimentResult['summary']): ExperimentResult['summary'] {
  const dense = summary.find(({ method }) => method === 'dense');
  const firsts = summary.filter(({ level }) => level === 1);
  return dense ? [...firsts.map(({ method }) => ({ ...dense, method })), ...summary] : summary;
}

function spreadLayers(summary: ExperimentResult['summary'], axes: Axes): Layer[] {
  const means = { values: [...summary] };
  const curves = { values: [...withOrigins(summary)] };
  const x = { ...axes.x, field: 'sparsity' };
  const y = { ...axes.y, field: 'mean' };
  const { color } = axes;
  return [
    {
      data: curves,
      mark: { type: 'area', opacity: 0.16 },
      encoding: { x, y: { ...axes.y, field: 'min' }, y2: { field: 'max' }, color },
    },
    { data: curves, mark: { type: 'line', strokeWidth: 2.5 }, encoding: { x, y, color } },
    {
      data: means,
      mark: { type: 'point', filled: true, opacity: 1, size: 64, stroke: colors.paper, strokeWidth: 1.5 },
      encoding: { x, y, color },
    },
  ];
}

function seedDots(values: readonly { x: number; score: number; method: string }[], axes: Axes): Layer {
  return {
    data: { values: [...values] },
    mark: { type: 'point', filled: true, size: 16, opacity: 0.6 },
    encoding: { x: { ...axes.x, field: 'x' }, y: { ...axes.y, field: 'score' }, color: axes.color },
  };
}
