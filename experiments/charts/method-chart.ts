import { scoreOf } from '../result';
import type { ExperimentResult } from '../result';
import { paddedDomain } from './labels';
import type { ChartSpec } from './render';
import { colors, methodColors } from './theme';

/**
 * Scores of methods that have no levels, one line each: a bar from minimum to maximum, a dot per seed, the mean as a
 * stroke and a number; the majority class as a dashed line.
 */
export function methodChart({ metric, majority, rows, summary }: ExperimentResult): ChartSpec {
  const methods = [...new Set(summary.map(({ method }) => method))];
  const seeds = rows.map((row) => ({ method: row.method, score: scoreOf(row, metric) }));
  const domain = paddedDomain([majority, ...seeds.map(({ score }) => score)]);
  const y = { field: 'method', type: 'nominal' as const, sort: methods, title: null };
  const x = { type: 'quantitative' as const, title: metric, scale: { domain, nice: false } };
  const color = {
    field: 'method',
    type: 'nominal' as const,
    legend: null,
    scale: { domain: methods, range: methodColors(methods) },
  };
  const spread = { values: [...summary] };
  const mean = { ...x, field: 'mean' };
  return {
    width: 520,
    height: { step: 40 },
    layer: [
      {
        data: { values: [{ majority }] },
        mark: { type: 'rule', strokeDash: [5, 4], strokeWidth: 1.5, color: colors.muted },
        encoding: { x: { ...x, field: 'majority' } },
      },
      {
        data: spread,
        mark: { type: 'bar', height: 14, opacity: 0.18 },
        encoding: { x: { ...x, field: 'min' }, x2: { field: 'max' }, y, color },
      },
      {
        data: { values: seeds },
        mark: { type: 'point', filled: true, size: 36, opacity: 0.7 },
        encoding: { x: { ...x, field: 'score' }, y, color },
      },
      { data: spread, mark: { type: 'tick', thickness: 2.5, size: 22 }, encoding: { x: mean, y, color } },
      {
        data: spread,
        mark: { type: 'text', align: 'left', dx: 12, fontSize: 12.5, fontWeight: 600 },
        encoding: { x: { value: 'width' }, y, color, text: { field: 'mean', format: '.4f' } },
      },
    ],
  };
}
