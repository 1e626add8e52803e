import { UserError } from '../../lib/core/errors';
import type { ChartSpec } from './render';
import { levelColors, methodColors } from './theme';

/** A point of a training curve. */
export interface CurvePoint {
  /** What the legend calls the curve: a method, or a level. */
  readonly series: string;
  /** Optimizer step, or whatever else runs along the horizontal axis. */
  readonly step: number;
  /** What runs along the vertical axis. */
  readonly value: number;
}

/** What curves are, and how many points of them are drawn. */
export interface CurveChartOptions {
  /** What is on the vertical axis, as `training loss`. */
  readonly title: string;
  /** What is on the horizontal axis. Default `optimizer step`. */
  readonly across?: string;
  /** The series are levels, in order: they are coloured from faint to strong. Default false. */
  readonly ordered?: boolean;
  /** Points drawn per curve at most; each is the mean of the steps around it. Default 150. */
  readonly resolution?: number;
}

/**
 * Curves over the optimizer steps. Points of one series at nearby steps (several seeds, or more steps than fit) become
 * their mean; values that are not finite are left out.
 *
 * @throws UserError without a finite value.
 */
export function curveChart(points: readonly CurvePoint[], options: CurveChartOptions): ChartSpec {
  const { title, across = 'optimizer step', ordered = false, resolution = 150 } = options;
  if (!points.some(({ value }) => Number.isFinite(value))) {
    throw new UserError(
      `Expected a finite value of "${title}" to draw, got none among ${points.length} points.`,
    );
  }
  const names = [...new Set(points.map(({ series }) => series))];
  const range = ordered ? levelColors(names.length) : methodColors(names);
  return {
    width: 600,
    height: 260,
    data: {
      values: names.flatMap((name) =>
        thin(
          points.filter(({ series }) => series === name),
          resolution,
        ),
      ),
    },
    mark: { type: 'line', strokeWidth: 1.8, strokeJoin: 'round' },
    encoding: {
      x: {
        field: 'step',
        type: 'quantitative',
        title: across,
        axis: { tickCount: 6, format: '~s' },
        scale: { nice: false },
      },
      y: { field: 'value', type: 'quantitative', title, axis: { tickCount: 5 } },
      color: { field: 'series', type: 'nominal', scale: { domain: names, range }, sort: names },
    },
  };
}

/** The means of at most `resolution` equal stretches of steps. */
function thin(points: readonly CurvePoint[], resolution: number): CurvePoint[] {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const last = finite.reduce((step, point) => Math.max(step, point.step), 0);
  const stretches = new Map<number, CurvePoint[]>();
  for (const point of finite) {
    const stretch = Math.floor((point.step / (last + 1)) * resolution);
    const members = stretches.get(stretch);
    if (members) members.push(point);
    else stretches.set(stretch, [point]);
  }
  return [...stretches].sort(([a], [b]) => a - b).map(([, members]) => meanPoint(members));
}

function meanPoint(members: readonly CurvePoint[]): CurvePoint {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    series: members[0]!.series,
    step: mean(members.map(({ step }) => step)),
    value: mean(members.map(({ value }) => value)),
  };
}
