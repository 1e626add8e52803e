import * as tf from '@tensorflow/tfjs';
import { dataOf, GraphBuilder } from '../builder';
import { elements, Value } from '../graph';
import { reshape } from '../reshape';
import { fill } from './creation';
import { Attrs, input, Mapping } from './kernel';
import { segmentSum } from './segment-sum';
import { cast, convert } from './shape';
import { concat } from './slicing';

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** Where in a tensor of these sizes each of the places `[rows, axes]` is, counted row by row; -1 where it is outside. */
function positions(graph: GraphBuilder, places: Value, sizes: readonly number[]): Value {
  const [rows] = places.shape as [number, number];
  const perAxis = (of: (size: number, axis: number) => number): Value =>
    graph.constant(dataOf(sizes.map(of), 'int32'), [sizes.length], 'int32');
  const node = (op: string, a: Value, b: Value, dtype: Value['dtype'] = 'int32'): Value =>
    graph.node(op, [a, b], places.shape, dtype);
  const overAxes = (op: string, x: Value): Value =>
    graph.node(op, [x, graph.ints([1])], [rows], 'int32', { attributes: { keepdims: 0 } });
  const bounded = node(
    'Min',
    node('Max', places, graph.scalar(0, 'int32')),
    perAxis((size) => size - 1),
  );
  const isInside = cast(graph, node('Equal', bounded, places, 'bool'), 'int32');
  const steps = perAxis((_, axis) => product(sizes.slice(axis + 1)));
  const branches = [overAxes('ReduceSum', node('Mul', bounded, steps)), graph.scalar(-1, 'int32')];
  const areInside = cast(graph, overAxes('ReduceMin', isInside), 'bool');
  return graph.node('Where', [areInside, ...branches], [rows], 'int32');
}

/** The sums of rows `[rows, …]` at their places, the first axes of the result; of integers in doubles, which are exact. */
function sumsAt(graph: GraphBuilder, rows: Value, places: Value, sizes: readonly number[]): Value {
  const numbers = cast(graph, rows, rows.dtype === 'float32' ? 'float32' : 'float64');
  const sums = segmentSum(graph, numbers, positions(graph, places, sizes), product(sizes));
  return reshape(graph, sums, [...sizes, ...rows.shape.slice(1)]);
}

/**
 * How often each number below `size` occurs in a vector or in each row of a matrix, whether it does (binary; of vectors, too, where tfjs's
 * cpu backend counts), or the sum of the weights beside it.
 */
function bincount(inputs: Readonly<Record<string, Value>>, attrs: Attrs, graph: GraphBuilder): Value {
  const [x, weights] = [input(inputs, 'x'), input(inputs, 'weights')];
  const [size, isBinary] = [attrs.get<number>('size'), attrs.get<boolean | undefined>('binaryOutput')];
  const count = elements(x);
  const isWeighed = elements(weights) > 0 && !isBinary;
  const summands = isWeighed ? reshape(graph, weights, [count]) : fill(graph, 1, [count], weights.dtype);
  const numbers = reshape(graph, cast(graph, x, 'int32'), [count, 1]);
  const sums =
    x.shape.length < 2
      ? sumsAt(graph, summands, numbers, [size])
      : sumsAt(graph, summands, concat(graph, [rowsOf(graph, x), numbers], 1), [x.shape[0]!, size]);
  return convert(graph, isBinary ? cast(graph, sums, 'bool') : sums, weights.dtype);
}

/** The row of each element of a matrix `[rows, columns]`: `[rows · columns, 1]`. */
function rowsOf(graph: GraphBuilder, x: Value): Value {
  const columns = x.shape[1]!;
  const rows = Array.from({ length: elements(x) }, (_, i) => Math.floor(i / columns));
  return graph.constant(dataOf(rows, 'int32'), [rows.length, 1], 'int32');
}

/** Sums at places. What is repeated adds up, and what is outside is left out; tfjs's cpu backend refuses it, which a program cannot. */
export const scatter: Record<string, Mapping> = {
  ScatterNd: (inputs, attrs, graph) => {
    const [indices, updates] = [input(inputs, 'indices'), input(inputs, 'updates')];
    const shape = attrs.get<number[]>('shape');
    const { sliceRank, numUpdates } = tf.scatter_util.calculateShapes(info(updates), info(indices), shape);
    const [sizes, inner] = [shape.slice(0, sliceRank), shape.slice(sliceRank)];
    const rows = reshape(graph, updates, [numUpdates, ...inner]);
    const sums = sumsAt(graph, rows, reshape(graph, indices, [numUpdates, sliceRank]), sizes);
    return convert(graph, sums, updates.dtype);
  },
  Bincount: bincount,
  DenseBincount: bincount,
};

const info = ({ shape, dtype }: Value): tf.TensorInfo => ({
  shape: [...shape],
  dtype: dtype as tf.DataType,
  dataId: {},
});
