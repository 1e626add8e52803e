import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { ONNX_TYPE } from '../encode';
import { DataType, elements, Value } from '../graph';
import { input, Mapping } from './kernel';

/** `x` with another shape; the same value if it has that shape. */
export function reshape(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return shape.join() === x.shape.join() ? x : graph.node('Reshape', [x, graph.ints(shape)], shape, x.dtype);
}

/** `x` with another dtype; the same value if it has that dtype. */
export function cast(graph: GraphBuilder, x: Value, dtype: DataType): Value {
  return x.dtype === dtype
    ? x
    : graph.node('Cast', [x], x.shape, dtype, { attributes: { to: ONNX_TYPE[dtype] } });
}

/** `x` with its axes in another order; the same value if the order is theirs. */
export function transpose(graph: GraphBuilder, x: Value, perm: readonly number[]): Value {
  if (perm.every((axis, i) => axis === i)) return x;
  const shape = perm.map((axis) => x.shape[axis]!);
  return graph.node('Transpose', [x], shape, x.dtype, { attributes: { perm } });
}

/** `x[begin : begin + size]`. */
export function slice(
  graph: GraphBuilder,
  x: Value,
  begin: readonly number[],
  size: readonly number[],
): Value {
  if (size.every((length, i) => length === x.shape[i])) return x;
  const end = begin.map((start, i) => start + size[i]!);
  const axes = begin.map((_, i) => i);
  const inputs = [x, graph.ints(begin), graph.ints(end), graph.ints(axes)];
  return graph.node('Slice', inputs, size, x.dtype);
}

function concat(graph: GraphBuilder, xs: readonly Value[], axis: number): Value {
  const shape = [...xs[0]!.shape];
  shape[axis] = xs.reduce((sum, x) => sum + x.shape[axis]!, 0);
  return graph.node('Concat', xs, shape, xs[0]!.dtype, { attributes: { axis } });
}

function pad(mode: 'constant' | 'reflect', value?: number): Mapping {
  return (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const paddings = attrs.get<[number, number][]>('paddings');
    const shape = x.shape.map((size, i) => size + paddings[i]![0] + paddings[i]![1]);
    const amounts = graph.ints([
      ...paddings.map(([before]) => before),
      ...paddings.map(([, after]) => after),
    ]);
    const filler = graph.scalar(value ?? attrs.get<number>('constantValue') ?? 0, x.dtype);
    return graph.node('Pad', [x, amounts, filler], shape, x.dtype, { attributes: { mode } });
  };
}

const normalAxis = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

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
  Slice: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const { begin, size } = { begin: attrs.get<number[]>('begin'), size: attrs.get<number[]>('size') };
    const starts = x.shape.map((_, i) => begin[i] ?? 0);
    const sizes = x.shape.map((length, i) => ((size[i] ?? -1) < 0 ? length - starts[i]! : size[i]!));
    return slice(graph, x, starts, sizes);
  },
  Concat: (inputs, attrs, graph) => {
    const xs = Object.values(inputs);
    return xs.length === 1
      ? xs[0]!
      : concat(graph, xs, normalAxis(attrs.get<number>('axis'), xs[0]!.shape.length));
  },
  Pack: (inputs, attrs, graph) => {
    const xs = Object.values(inputs);
    const axis = normalAxis(attrs.get<number>('axis'), xs[0]!.shape.length + 1);
    const shapeOf = (x: Value): number[] => [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
    return concat(
      graph,
      xs.map((x) => reshape(graph, x, shapeOf(x))),
      axis,
    );
  },
  Unpack: (inputs, attrs, graph) => {
    const x = input(inputs, 'value');
    const axis = normalAxis(attrs.get<number>('axis'), x.shape.length);
    const size = x.shape.map((length, i) => (i === axis ? 1 : length));
    const begin = (index: number): number[] => x.shape.map((_, i) => (i === axis ? index : 0));
    const rest = x.shape.filter((_, i) => i !== axis);
    return Array.from({ length: x.shape[axis]! }, (_, i) =>
      reshape(graph, slice(graph, x, begin(i), size), rest),
    );
  },
  SplitV: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const axis = normalAxis(attrs.get<number>('axis'), x.shape.length);
    const sizes = tf.backend_util.prepareSplitSize(
      { shape: [...x.shape] } as tf.Tensor,
      attrs.get<number[] | number>('numOrSizeSplits'),
      axis,
    );
    let start = 0;
    return sizes.map((length) => {
      const begin = x.shape.map((_, i) => (i === axis ? start : 0));
      start += length;
      return slice(
        graph,
        x,
        begin,
        x.shape.map((all, i) => (i === axis ? length : all)),
      );
    });
  },
  Tile: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const reps = attrs.get<number[]>('reps');
    return graph.node(
      'Tile',
      [x, graph.ints(reps)],
      x.shape.map((size, i) => size * reps[i]!),
      x.dtype,
    );
  },
  BroadcastTo: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const target = attrs.get<number[]>('shape');
    return graph.node('Expand', [x, graph.ints(target)], target, x.dtype);
  },
  PadV2: pad('constant'),
  Reverse: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const axes = tf.util.parseAxisParam(attrs.get<number[]>('dims'), [...x.shape]);
    if (axes.length === 0) return x;
    const inputsOf = [
      graph.ints(axes.map(() => -1)),
      graph.ints(axes.map(() => Number.MIN_SAFE_INTEGER)),
      graph.ints(axes),
      graph.ints(axes.map(() => -1)),
    ];
    return graph.node('Slice', [x, ...inputsOf], x.shape, x.dtype);
  },
};
