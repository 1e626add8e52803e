import { paddedDomain } from './labels';
import type { ChartSpec } from './render';
import { colors, levelColors } from './theme';

/** What an answer costs, and what it loses. */
export interface FrontPoint {
  readonly cost: number;
  readonly loss: number;
}

/** An answer that was taken. */
export interface TakenPoint extends FrontPoint {
  readonly name: string;
}

export interface FrontChartOptions {
  /** What is on the horizontal axis, as `bits of a weight`. */
  readonly cost: string;
  /** What is on the vertical axis, as `output noise`. */
  readonly loss: string;
}

/** Points that a line needs. */
const RESOLUTION = 300;

/** The answers that none beats in both, as a line, and those that were taken, with their names. The axis of losses is their square root. */
export function frontChart(
  front: readonly FrontPoint[],
  taken: readonly TakenPoint[],
  titles: FrontChartOptions,
): ChartSpec {
  const x = {
    ...{ field: 'cost', type: 'quantitative' as const, title: titles.cost },
    scale: { domain: paddedDomain([...front, ...taken].map(({ cost }) => cost)), nice: false },
    axis: { tickCount: 8 },
  };
  const y = {
    ...{ field: 'loss', type: 'quantitative' as const, title: titles.loss },
    scale: { type: 'sqrt' as const },
    axis: { tickCount: 5 },
  };
  const color = levelColors(1)[0]!;
  return {
    width: 560,
    height: 260,
    layer: [
      {
        data: { values: thin(front) },
        mark: { type: 'line', strokeWidth: 1.8, color: colors.muted },
        encoding: { x, y },
      },
      {
        data: { values: [...taken] },
        mark: { type: 'point', filled: true, size: 60, opacity: 1, color },
        encoding: { x, y },
      },
      {
        data: { values: [...taken] },
        mark: { type: 'text', align: 'left', dx: 8, dy: -9, fontSize: 12.5, fontWeight: 600, color },
        encoding: { x, y, text: { field: 'name' } },
      },
    ],
  };
}

/** At most so many of the points, the first and the last among them. */
function thin(points: readonly FrontPoint[]): FrontPoint[] {
  const step = Math.max((points.length - 1) / (RESOLUTION - 1), 1);
  const count = Math.min(points.length, RESOLUTION);
  return Array.from({ length: count }, (_, i) => points[Math.round(i * step)]!);
}
