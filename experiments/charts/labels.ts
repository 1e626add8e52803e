import type { ChartSpec } from './render';

/** The name of a line, written at its right end instead of in a legend. */
export interface EndLabel {
  readonly text: string;
  /** Where the line ends, in the data's unit. */
  readonly y: number;
  readonly color: string;
  /** The name of a reference, not of a result: in a lighter weight. */
  readonly quiet?: boolean;
}

export type Layer = Extract<ChartSpec, { layer: unknown }>['layer'][number];

const LINE_HEIGHT = 15;

/** Layers of labels beside a plot of `height` pixels, pushed apart where lines end close together. */
export function endLabels(
  labels: readonly EndLabel[],
  domain: readonly [number, number],
  height: number,
): Layer[] {
  const placed = spread(labels, (LINE_HEIGHT * (domain[1] - domain[0])) / height, domain);
  return [false, true].map((quiet) => ({
    data: { values: placed.filter((label) => (label.quiet ?? false) === quiet) },
    mark: { type: 'text', align: 'left', dx: 10, fontSize: 12.5, fontWeight: quiet ? 400 : 600 },
    encoding: {
      x: { value: 'width' },
      y: { field: 'y', type: 'quantitative' },
      text: { field: 'text' },
      color: { field: 'color', type: 'nominal', scale: null },
    },
  }));
}

/** Keeps the order, moves as little as needed from the bottom up, then back under the upper edge. */
function spread(
  labels: readonly EndLabel[],
  gap: number,
  [low, high]: readonly [number, number],
): EndLabel[] {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  let floor = low;
  const raised = sorted.map((label) => {
    const y = Math.max(label.y, floor);
    floor = y + gap;
    return { ...label, y };
  });
  let ceiling = high;
  return raised.reverse().map((label) => {
    const y = Math.min(label.y, ceiling);
    ceiling = y - gap;
    return { ...label, y };
  });
}

/** An interval around all values, with a margin so that no mark touches the frame. */
export function paddedDomain(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.06 * (high - low || 1);
  return [low - margin, high + margin];
}
