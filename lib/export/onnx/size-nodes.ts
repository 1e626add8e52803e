import { GraphBuilder } from '../../compile/builder';
import { Value } from '../../compile/graph';
import { isFixed, Size } from './sizes';

/** Where a free axis can be read when a program runs. */
export interface AxisSource {
  readonly input: Value;
  readonly axis: number;
}

/** A vector of sizes, computed from the shapes of the inputs: int64 [sizes.length]. */
export function sizeVector(
  builder: GraphBuilder,
  sizes: readonly Size[],
  sources: readonly AxisSource[],
): Value {
  const parts = runs(sizes).map((run) =>
    isFixed(run[0]!) ? builder.ints(run.map(([fixed]) => fixed!)) : sizeNode(builder, run[0]!, sources),
  );
  if (parts.length === 1) return parts[0]!;
  return builder.node('Concat', parts, [sizes.length], 'int64', { attributes: { axis: 0 } });
}

/** Neighbours that are fixed come together, the others each alone. */
function runs(sizes: readonly Size[]): Size[][] {
  const found: Size[][] = [];
  for (const size of sizes) {
    const last = found.at(-1);
    if (last && isFixed(last[0]!) && isFixed(size)) last.push(size);
    else found.push([size]);
  }
  return found;
}

/** One size, as a sum of products: int64 [1]. */
function sizeNode(builder: GraphBuilder, size: Size, sources: readonly AxisSource[]): Value {
  const combine = (op: string) => (a: Value, b: Value) => builder.node(op, [a, b], [1], 'int64');
  const terms = size.flatMap((coefficient, subset) => {
    if (coefficient === 0) return [];
    const axes = sources.filter((_, i) => (subset >> i) & 1).map((source) => length(builder, source));
    const factors = coefficient === 1 && axes.length > 0 ? axes : [...axes, builder.ints([coefficient])];
    return [factors.reduce(combine('Mul'))];
  });
  return terms.reduce(combine('Add'));
}

function length(builder: GraphBuilder, { input, axis }: AxisSource): Value {
  return builder.node('Shape', [input], [1], 'int64', { attributes: { start: axis, end: axis + 1 } });
}
