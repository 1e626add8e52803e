import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { reshape } from '../reshape';
import { TENSOR_TYPE } from '../onnx-messages';
import { DataType, elements, Value } from '../graph';
import { input, Mapping } from './kernel';

/** `x` with another dtype; the same value if it has that dtype. */
export function cast(graph: GraphBuilder, x: Value, dtype: DataType): Value {
  return x.dtype === dtype
    ? x
    : graph.node('Cast', [x], x.shape, dtype, { attributes: { to: TENSOR_TYPE[dtype] } });
}

/**
 * `x` as int32, as JavaScript and tfjs have it: cut towards 0, the lowest 32 bits of what is larger, 0 for NaN and infinities. ONNX
 * leaves all of these open, and they differ between processors.
 */
export function toInteger(graph: GraphBuilder, x: Value): Value {
  if (x.dtype !== 'float32' && x.dtype !== 'float64') return cast(graph, x, 'int32');
  const modulo = (y: Value, fmod: number): Value =>
    graph.node('Mod', [y, graph.scalar(2 ** 32, y.dtype)], y.shape, y.dtype, { attributes: { fmod } });
  const near = cast(graph, modulo(x, 1), 'int64'); // of NaN, where x is not finite, 0 or -2⁶³
  return cast(graph, modulo(near, 0), 'int32'); // between two casts alone onnxruntime would see one
}

/** `x` as tfjs casts it: numbers to integers as JavaScript does, to booleans by whether they are 0. */
export function convert(graph: GraphBuilder, x: Value, dtype: DataType): Value {
  return dtype === 'int32' ? toInteger(graph, x) : cast(graph, x, dtype);
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

/** An axis, which may be counted from the end, as one counted from the start. */
export function axisOf(axis: number, rank: number, op: string): number {
  const fits = Number.isInteger(axis) && -rank <= axis && axis < rank;
  tf.util.assert(fits, () => `Error in ${op}: expected an axis in [${-rank}, ${rank - 1}], got ${axis}.`);
  return axis < 0 ? axis + rank : axis;
}

export const shape: Record<string, Mapping> = {
  Identity: (inputs) => input(inputs, 'x'),
  Cast: (inputs, attrs, graph) => convert(graph, input(inputs, 'x'), attrs.get<DataType>('dtype')),
  Reshape: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const target = tf.util.inferFromImplicitShape(attrs.get<number[]>('shape'), elements(x));
    return reshape(graph, x, target);
  },
  ExpandDims: (inputs, attrs, graph) => {
    const x = input(inputs, 'input');
    const target = [...x.shape];
    target.splice(axisOf(attrs.get<number>('dim'), x.shape.length + 1, 'expandDims'), 0, 1);
    return reshape(graph, x, target);
  },
  Transpose: (inputs, attrs, graph) => {
    const perm = attrs.get<number[]>('perm');
    tf.util.assert(new Set(perm).size === perm.length, () => `Error in transpose: axes repeat in [${perm}].`);
    return transpose(graph, input(inputs, 'x'), perm);
  },
  Tile: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const reps = attrs.get<number[]>('reps');
    const target = x.shape.map((size, i) => size * reps[i]!);
    return graph.node('Tile', [x, graph.ints(reps)], target, x.dtype);
  },
};
