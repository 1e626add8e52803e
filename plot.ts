/** `whittle-tfjs/plot`: pictures of results as SVG, which notebooks show (`tslab.display.svg(await plot(result))`) and files hold. */
import { curveChart, CurveChartOptions, CurvePoint } from './experiments/charts/curve-chart';
import { renderChart, standaloneSvg } from './experiments/charts/render';
import { scoreChart } from './experiments/charts/score-chart';
import type { ExperimentResult } from './experiments/result';

export { experimentResult, readResult } from './experiments/result';
export type { ExperimentResult, KeptModel, ResultRow, SummaryRow } from './experiments/result';
export type { Confusion } from './experiments/confusion';
export type { CurveChartOptions, CurvePoint } from './experiments/charts/curve-chart';

/**
 * Score against sparsity, with the spread of seeds: an SVG.
 *
 * @param result of `readResult('<run>/result.json')`, or of `experimentResult({ task, metric, majority, rows })` over a recipe's outcomes.
 */
export const plot = async (result: ExperimentResult): Promise<string> =>
  standaloneSvg(await renderChart(scoreChart(result)));

/** Curves, one of each series: an SVG. */
export const plotCurves = async (
  points: readonly CurvePoint[],
  options: CurveChartOptions,
): Promise<string> => standaloneSvg(await renderChart(curveChart(points, options)));
