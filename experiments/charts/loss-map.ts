import type { ChartSpec } from './render';
import { colors, levelColors } from './theme';

/** What a layer loses by one of several changes. */
export interface LossCell {
  /** Of the layer, or of a group of layers. */
  readonly layer: string;
  /** The change: a sparsity, a scheme. */
  readonly change: string;
  /** Below 0 where it gains. */
  readonly loss: number;
  /** The loss, as it is written into the cell. */
  readonly text: string;
}

/** How strong the colour of the largest loss is: what is written on it must be legible on light and dark pages. */
const STRONGEST = 0.6;

/** Pixels of a cell that a loss can be written into. */
const NARROWEST = 32;

/**
 * What each layer loses by each change, in the given order: a row for each layer, the stronger coloured the more it loses. The colour follows
 * the square root of the loss, since losses differ by orders of magnitude.
 *
 * @param title of the changes, as `sparsity`.
 */
export function lossMap(cells: readonly LossCell[], title: string): ChartSpec {
  const most = Math.max(...cells.map(({ loss }) => loss), Number.MIN_VALUE);
  const [layers, changes] = [cells.map(({ layer }) => layer), cells.map(({ change }) => change)];
  const band = { type: 'nominal' as const, scale: { padding: 0.06 } };
  const opacity = {
    field: 'loss',
    type: 'quantitative' as const,
    scale: { type: 'sqrt' as const, domain: [0, most], range: [0.03, STRONGEST], clamp: true },
    legend: null,
  };
  return {
    width: { step: Math.max(440 / new Set(changes).size, NARROWEST) },
    height: { step: 22 },
    data: { values: [...cells] },
    encoding: {
      x: {
        ...{ ...band, field: 'change', sort: [...new Set(changes)], title },
        axis: { orient: 'top', labelAngle: 0, domain: false, ticks: false },
      },
      y: {
        ...{ ...band, field: 'layer', sort: [...new Set(layers)], title: null },
        axis: { labelLimit: 320 },
      },
    },
    layer: [
      { mark: { type: 'rect', cornerRadius: 2, color: levelColors(1)[0]! }, encoding: { opacity } },
      { mark: { type: 'text', fontSize: 11, color: colors.ink }, encoding: { text: { field: 'text' } } },
    ],
  };
}
