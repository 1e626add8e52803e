import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { TENSOR_TYPE } from '../onnx-messages';
import { DataType, elements, isSameShape, Value } from '../graph';
import { input, Mapping } from './kernel';

/** `x` with another shape; the same value if it has that shape. */
export function reshape(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return isSameShape(shape, x.shape) ? x : graph.node('Reshape', [x, graph.ints(shape)], shape, x.dtype);
}

/** `x` with another dtype; the same value if it has that dtype. */
export function cast(graph: GraphBuilder, x: Value, dtype: DataType): Value {
  return x.dtype === dtype
    ? x
    : graph.node('Cast', [x], x.shape, dtype, { attributes: { to: TENSOR_TYPE[dtype] } });
}

/** `x` with its axes in another order; the same value if the order is theirs. */
export function transpose(graph: GraphBuilder, x: Value, perm: readonly number[]): Value {
  if (perm.every((axis, i) => axis === i)) return x;
  const shape = perm.map((axis) => x.shape[axis]!);
  return graph.node('Transpose', [x], shape, x.dtype, { attributes: { perm } });
}

/** `x` with its last two axes exchanged. */
export function swapLast(graph: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  return transpose(graph, x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/** An axis counted from the end as one counted from the start. */
export const normalAxis = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

export const shape: Record<string, Mapping> = {
  Identity: (inputs) => input(inputs, 'x'),
  Cast: (inputs, attrs, graph) => cast(graph, input(inputs, 'x'), attrs.get<DataType>('dtype')),
  Reshape: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const target = tf.util.inferFromImplicitShape(attrs.get<number[]>('shape'), elements(x));
    return reshape(graph, x, target);
  },
  ExpandDims: (inputs, attrs, graph) => {
    const x = input(inputs, 'input');
    const target = [...x.shape];
    target.splice(normalAxis(attrs.get<number>('dim'), x.shape.length + 1), 0, 1);
    return reshape(graph, x, target);
  },
  Transpose: (inputs, attrs, graph) => transpose(graph, input(inputs, 'x'), attrs.get<number[]>('perm')),
  Tile: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const reps = attrs.get<number[]>('reps');
    const target = x.shape.map((size, i) => size * reps[i]!);
    return graph.node('Tile', [x, graph.ints(reps)], target, x.dtype);
  },
};
