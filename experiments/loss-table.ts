import type { LossCell } from './charts/loss-map';
import type { TextTable } from './table';

/** What a layer loses by one change. */
export type Loss = Pick<LossCell, 'layer' | 'change' | 'loss'>;

/** Losses are written in hundredths, or in something smaller where all of them are small. */
const COARSEST = 0.01;
/** What is wider is said to be more. */
const MOST = 999;

/** Losses as they are written: in a unit, with one decimal below 10. */
export interface WrittenLosses {
  /** A power of ten. */
  readonly unit: number;
  readonly cells: readonly LossCell[];
}

/** Writes losses so that few characters tell them apart. */
export function writtenLosses(losses: readonly Loss[]): WrittenLosses {
  const most = Math.max(...losses.map(({ loss }) => Math.abs(loss)));
  const unit = most > 0 ? Math.min(COARSEST, 10 ** (Math.floor(Math.log10(most)) - 1)) : COARSEST;
  return { unit, cells: losses.map((each) => ({ ...each, text: written(each.loss / unit) })) };
}

function written(value: number): string {
  if (value > MOST) return `${MOST}+`;
  const text = value.toFixed(Math.abs(value) < 9.95 ? 1 : 0);
  return text === '-0.0' ? '0.0' : text;
}

/** `hundredths`, `units of 1e-5`. */
export const nameOfUnit = (unit: number) =>
  unit === COARSEST ? 'hundredths' : `units of ${unit.toExponential(0)}`;

/** Layers × changes. */
export function lossTable(cells: readonly LossCell[]): TextTable {
  const changes = [...new Set(cells.map(({ change }) => change))];
  const layers = [...new Set(cells.map(({ layer }) => layer))];
  const textOf = new Map(cells.map(({ layer, change, text }) => [`${layer}\n${change}`, text]));
  return {
    columns: ['layer', ...changes],
    rows: layers.map((layer) => [layer, ...changes.map((change) => textOf.get(`${layer}\n${change}`) ?? '')]),
  };
}
