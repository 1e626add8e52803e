import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { DataType, Value } from '../graph';
import { Attrs, input, Mapping } from './kernel';
import { reshape } from '../reshape';
import { axisOf, convert } from './shape';

/** Elements `begin + step · i`, `i < size`, of each axis; steps may be negative. */
export function slice(
  graph: GraphBuilder,
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  steps: readonly number[] = begin.map(() => 1),
): Value {
  if (size.every((length, i) => length === x.shape[i] && steps[i]! > 0)) return x;
  const inputs = [begin, ends(begin, size, steps), begin.map((_, i) => i), steps];
  return graph.node('Slice', [x, ...inputs.map((values) => graph.ints(values))], size, x.dtype);
}

/** ONNX counts a negative end from the back, so an end before the first element is a number below any size. */
function ends(begin: readonly number[], size: readonly number[], steps: readonly number[]): number[] {
  return begin.map((start, i) => {
    const end = start + (size[i]! - 1) * steps[i]! + Math.sign(steps[i]!);
    return end < 0 ? Number.MIN_SAFE_INTEGER : end;
  });
}

/** `length` indices of one axis of `x` from `start` on. */
export function sliceAxis(
  graph: GraphBuilder,
  x: Value,
  axis: number,
  start: number,
  length: number,
  step = 1,
): Value {
  const only = (value: number, otherwise: readonly number[]): number[] =>
    otherwise.map((other, i) => (i === axis ? value : other));
  const zeros = x.shape.map(() => 0);
  const ones = x.shape.map(() => 1);
  return slice(graph, x, only(start, zeros), only(length, x.shape), only(step, ones));
}

/** Values joined along an axis. */
export function concat(graph: GraphBuilder, xs: readonly Value[], axis: number): Value {
  if (xs.length === 1) return xs[0]!;
  const shape = [...xs[0]!.shape];
  shape[axis] = xs.reduce((sum, x) => sum + x.shape[axis]!, 0);
  return graph.node('Concat', xs, shape, xs[0]!.dtype, { attributes: { axis } });
}

/** Values as the dtype that holds them all, as numpy joins them; tfjs's cpu backend cuts them to the first one's. */
export function upcast(graph: GraphBuilder, xs: readonly Value[]): Value[] {
  const dtype = xs.map((x) => x.dtype as tf.DataType).reduce(tf.upcastType) as DataType;
  return xs.map((x) => convert(graph, x, dtype));
}

/** What is stacked has one shape and one dtype. */
function expectSame(xs: readonly Value[]): void {
  const told = ({ dtype, shape }: Value): string => `${dtype} [${shape.join(', ')}]`;
  const other = xs.find((x) => told(x) !== told(xs[0]!));
  tf.util.assert(
    !other,
    () => `Error in stack: expected tensors of one shape and dtype, got ${told(xs[0]!)} and ${told(other!)}.`,
  );
}

/** `x` backwards along some axes. */
export function reverse(graph: GraphBuilder, x: Value, axes: readonly number[]): Value {
  return axes.reduce((y, axis) => sliceAxis(graph, y, axis, y.shape[axis]! - 1, y.shape[axis]!, -1), x);
}

/** The parts of `x` of these lengths along an axis. */
function split(graph: GraphBuilder, x: Value, axis: number, lengths: readonly number[]): Value[] {
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return sliceAxis(graph, x, axis, end - length, length);
  });
}

function stridedSlice(x: Value, attrs: Attrs, graph: GraphBuilder): Value {
  const { begin, end, strides, finalShape } = tf.slice_util.sliceInfo(
    [...x.shape],
    attrs.get<number[]>('begin'),
    attrs.get<number[]>('end'),
    attrs.get<number[]>('strides'),
    attrs.get<number>('beginMask'),
    attrs.get<number>('endMask'),
    attrs.get<number>('ellipsisMask'),
    attrs.get<number>('newAxisMask'),
    attrs.get<number>('shrinkAxisMask'),
  );
  const size = tf.slice_util.computeOutShape(begin, end, strides);
  return reshape(graph, slice(graph, x, begin, size, strides), finalShape);
}

export const slicing: Record<string, Mapping> = {
  Slice: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const like = { shape: [...x.shape], rank: x.shape.length } as tf.Tensor;
    const [begin, size] = tf.slice_util.parseSliceParams(like, attrs.get('begin'), attrs.get('size'));
    tf.slice_util.assertParamsValid(like, begin!, size!);
    return slice(graph, x, begin!, size!);
  },
  StridedSlice: (inputs, attrs, graph) => stridedSlice(input(inputs, 'x'), attrs, graph),
  Concat: (inputs, attrs, graph) => {
    const xs = upcast(graph, Object.values(inputs));
    const axis = axisOf(attrs.get<number>('axis'), xs[0]!.shape.length, 'concat');
    tf.backend_util.assertParamsConsistent(
      xs.map((x) => [...x.shape]),
      axis,
    );
    return concat(graph, xs, axis);
  },
  Pack: (inputs, attrs, graph) => {
    const xs = Object.values(inputs);
    const axis = axisOf(attrs.get<number>('axis'), xs[0]!.shape.length + 1, 'stack');
    expectSame(xs);
    const one = (x: Value): number[] => [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
    const parts = xs.map((x) => reshape(graph, x, one(x)));
    return concat(graph, parts, axis);
  },
  Unpack: (inputs, attrs, graph) => {
    const x = input(inputs, 'value');
    const axis = axisOf(attrs.get<number>('axis'), x.shape.length, 'unstack');
    const rest = x.shape.filter((_, i) => i !== axis);
    const ones = Array.from({ length: x.shape[axis]! }, () => 1);
    return split(graph, x, axis, ones).map((part) => reshape(graph, part, rest));
  },
  SplitV: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const axis = axisOf(attrs.get<number>('axis'), x.shape.length, 'split');
    const like = { shape: [...x.shape] } as tf.Tensor;
    return split(
      graph,
      x,
      axis,
      tf.backend_util.prepareSplitSize(like, attrs.get<number[]>('numOrSizeSplits'), axis),
    );
  },
  Reverse: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    return reverse(graph, x, tf.util.parseAxisParam(attrs.get<number[]>('dims'), [...x.shape]));
  },
};
