/**
 * A size as a function of a model's free axes: a polynomial in which each of them stands to the first power at most, as every
 * size is that comes of reshaping, joining and slicing. One coefficient for every subset of the axes; bit i of its index says
 * whether axis i is a factor.
 */
export type Size = readonly number[];

/** Sizes of the free axes at which a model is traced. */
export interface Probe {
  /** The smaller of two neighbouring sizes of each axis. */
  readonly low: readonly number[];
  /** What to trace at: every combination of the two sizes (bit i of the index: axis i has the larger), then one far from them. */
  readonly points: readonly (readonly number[])[];
}

/** A probe from these sizes on. */
export function probeFrom(low: readonly number[]): Probe {
  const corners = Array.from({ length: 1 << low.length }, (_, corner) =>
    low.map((size, i) => size + ((corner >> i) & 1)),
  );
  return { low, points: [...corners, low.map((size) => size + Math.max(size, 3))] };
}

/** The size that has these values at the points of a probe; undefined if no polynomial has. */
export function fit({ low, points }: Probe, values: readonly number[]): Size | undefined {
  const size = values.slice(0, -1);
  low.forEach((start, i) => {
    size.forEach((_, corner) => {
      const larger = corner | (1 << i);
      if (larger === corner) return;
      size[larger]! -= size[corner]!; // the slope
      size[corner]! -= start * size[larger]!; // the value at 0
    });
  });
  return evaluate(size, points.at(-1)!) === values.at(-1) ? size : undefined;
}

/** A size where the free axes have these sizes. */
export function evaluate(size: Size, axes: readonly number[]): number {
  const product = (subset: number): number =>
    axes.reduce((factors, length, i) => factors * ((subset >> i) & 1 ? length : 1), 1);
  return size.reduce((sum, coefficient, subset) => sum + coefficient * product(subset), 0);
}

/** Whether a size is the same whatever the free axes are. */
export const isFixed = (size: Size): boolean => size.every((coefficient, i) => i === 0 || coefficient === 0);

export const sameSize = (a: Size, b: Size): boolean => a.every((coefficient, i) => coefficient === b[i]);

/** The free axis that a size is the length of, if it is nothing else. */
export function axisOf(size: Size): number | undefined {
  const axis = Math.log2(size.indexOf(1));
  return Number.isInteger(axis) && size.every((coefficient, i) => coefficient === Number(i === 1 << axis))
    ? axis
    : undefined;
}
