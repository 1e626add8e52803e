import { Pattern, unstructured } from '../pattern';

/** How the values of a weight make units. */
export interface Grouping {
  readonly units: number;
  /** The unit of a value, by its flat index. */
  unitOf(index: number): number;
}

/**
 * A pattern whose units are groups of values, each scored by the mean of its values' scores; those that stay pruned have no score of their
 * own. Among equal units the one that comes first is kept. Groups go by the axes of inputs and outputs.
 *
 * @param groupingOf throws a UserError for a shape that cannot be divided.
 */
export function grouped(groupingOf: (shape: readonly number[]) => Grouping): Pattern {
  return {
    outputsLast: true,
    units: (shape) => groupingOf(shape).units,
    pool: (scores, shape) => meansOf(scores, groupingOf(shape)),
    mask(unitScores, count, shape) {
      const { units, unitOf } = groupingOf(shape);
      const kept = unstructured.mask(unitScores, count, [units]);
      const size = shape.reduce((product, each) => product * each, 1);
      const mask = new Uint8Array(size);
      for (let i = 0; i < size; i++) mask[i] = kept[unitOf(i)]!;
      return mask;
    },
  };
}

function meansOf(scores: Float32Array, { units, unitOf }: Grouping): Float32Array {
  const [sums, counts] = [new Float64Array(units), new Uint32Array(units)];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] === -Infinity) continue;
    sums[unitOf(i)]! += scores[i]!;
    counts[unitOf(i)]!++;
  }
  return Float32Array.from(sums, (sum, unit) => (counts[unit] === 0 ? -Infinity : sum / counts[unit]!));
}
