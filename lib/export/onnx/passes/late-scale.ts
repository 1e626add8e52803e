import type { Value } from '../../../compile/graph';
import type { Rule } from '../../../compile/passes/rewrite';

/** Operators that give on their first input's values as they are, in another order or shape. */
const MOVES = new Set(['Reshape', 'Transpose']);

/**
 * A factor after what only moves numbers: `Transpose(x · c)` is `Transpose(x) · c`, bit for bit. So attention's 1/√d stands before the
 * product of queries and keys, which onnxruntime makes one operator of.
 */
export const lateScale: Rule = (node, { producer, builder }) => {
  if (!MOVES.has(node.op)) return undefined;
  const [moved, ...how] = node.inputs as [Value, ...Value[]];
  const product = producer(moved);
  const [x, factor] = product?.op === 'Mul' ? (product.inputs as [Value, Value]) : [];
  if (!x || factor?.shape.length !== 0 || !builder.dataOf(factor)) return undefined;
  const { attributes, output } = node;
  const result = builder.node(node.op, [x, ...how], output.shape, output.dtype, { attributes });
  return builder.node('Mul', [result, factor], output.shape, output.dtype);
};
