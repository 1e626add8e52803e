import type { ChartSpec } from './render';
import { colors, methodColors } from './theme';

/** Sparsity of one weight in one trained model. */
export interface LayerSparsity {
  /** Weight path, as `encoder/0/ffn/up/kernel`. */
  readonly path: string;
  /** Zeros, a fraction in [0, 1). */
  readonly sparsity: number;
}

/** Sparsity of each weight, in the given order: a bar for the mean over the rows of one path, a dot per row. */
export function layerChart(rows: readonly LayerSparsity[]): ChartSpec {
  const paths = [...new Set(rows.map(({ path }) => path))];
  const y = { field: 'path', type: 'nominal' as const, sort: paths, title: null, axis: { labelLimit: 280 } };
  const x = {
    type: 'quantitative' as const,
    scale: { domain: [0, 1] },
    axis: { format: '.0%', tickCount: 5 },
    title: 'sparsity',
  };
  const mean = { ...x, field: 'sparsity', aggregate: 'mean' as const };
  return {
    width: 440,
    height: { step: 22 },
    data: { values: [...rows] },
    layer: [
      {
        mark: { type: 'bar', height: 12, cornerRadiusEnd: 3, color: methodColors(['ticket'])[0]! },
        encoding: { x: mean, y },
      },
      {
        mark: { type: 'point', filled: true, size: 12, opacity: 1, color: colors.ink },
        encoding: { x: { ...x, field: 'sparsity' }, y },
      },
      {
        mark: { type: 'text', align: 'left', dx: 10, color: colors.muted },
        encoding: { x: mean, y, text: { field: 'sparsity', aggregate: 'mean', format: '.1%' } },
      },
    ],
  };
}
