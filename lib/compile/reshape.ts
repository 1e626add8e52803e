import { GraphBuilder } from './builder';
import { elements, isSameShape, memoryFor, Value } from './graph';

/** `x` with another shape; the same value if it has that shape. */
export function reshape(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  if (isSameShape(shape, x.shape)) return x;
  if (elements({ ...x, shape }) === 0) return nothing(graph, { ...x, shape });
  return graph.node('Reshape', [x, graph.ints(shape)], shape, x.dtype);
}

/**
 * What has no elements, as a constant: any such value is equal to it, and onnxruntime's operators differ in what they make of a size
 * of 0 (`Reshape` takes it for the size before).
 */
export function nothing(graph: GraphBuilder, { shape, dtype }: Value): Value {
  return graph.constant(memoryFor({ shape, dtype }), shape, dtype);
}
