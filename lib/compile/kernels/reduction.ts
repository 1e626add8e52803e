import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { Value } from '../graph';
import { Attrs, input, Mapping } from './kernel';
import { cast } from './shape';

/** A reduction over `axis` (tfjs's Max calls it `reductionIndices`), all axes if none is given. */
function reduce(op: string): Mapping {
  return (inputs, attrs, graph) => reduceValue(graph, op, input(inputs, 'x'), attrs);
}

function reduceValue(graph: GraphBuilder, op: string, x: Value, attrs: Attrs): Value {
  const { axes, keepDims } = axesOf(x, attrs);
  const numbers = x.dtype === 'bool' ? cast(graph, x, 'int32') : x;
  if (axes.length === 0) return numbers;
  const shape = reducedShape(x, axes, keepDims);
  const attributes = { keepdims: keepDims ? 1 : 0 };
  return graph.node(op, [numbers, graph.ints(axes)], shape, numbers.dtype, { attributes });
}

function axesOf(x: Value, attrs: Attrs): { axes: number[]; keepDims: boolean } {
  const axis =
    attrs.get<number | number[] | undefined>('axis') ?? attrs.get<number | number[]>('reductionIndices');
  const all = x.shape.map((_, i) => i);
  const axes = axis === undefined || axis === null ? all : tf.util.parseAxisParam(axis, [...x.shape]);
  return { axes, keepDims: attrs.get<boolean | undefined>('keepDims') ?? false };
}

function reducedShape(x: Value, axes: readonly number[], keepDims: boolean): number[] {
  return x.shape.flatMap((size, i) => (!axes.includes(i) ? [size] : keepDims ? [1] : []));
}

/** Whether any (Max) or all (Min) elements are true. */
function logical(op: string): Mapping {
  return (inputs, attrs, graph) => cast(graph, reduceValue(graph, op, input(inputs, 'x'), attrs), 'bool');
}

function argument(op: string): Mapping {
  return (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const [axis = 0] = tf.util.parseAxisParam(attrs.get<number>('axis'), [...x.shape]);
    const attributes = { axis, keepdims: 0 };
    return cast(graph, graph.node(op, [x], reducedShape(x, [axis], false), 'int64', { attributes }), 'int32');
  };
}

/** Softmax and its logarithm, along the last axis unless told. */
function softmax(op: string, name: string, axisName: string): Mapping {
  return (inputs, attrs, graph) => {
    const logits = input(inputs, name);
    const axis = attrs.get<number>(axisName);
    return graph.node(op, [logits], logits.shape, logits.dtype, { attributes: { axis } });
  };
}

export const reduction: Record<string, Mapping> = {
  Sum: reduce('ReduceSum'),
  Mean: reduce('ReduceMean'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  Prod: reduce('ReduceProd'),
  Any: logical('ReduceMax'),
  All: logical('ReduceMin'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Softmax: softmax('Softmax', 'logits', 'dim'),
  LogSoftmax: softmax('LogSoftmax', 'logits', 'axis'),
  AddN: (inputs, _, graph) => {
    const xs = Object.values(inputs);
    return graph.node('Sum', xs, xs[0]!.shape, xs[0]!.dtype);
  },
  Cumsum: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const axis = graph.constant(BigInt64Array.of(BigInt(attrs.get<number>('axis'))), [], 'int64');
    const attributes = {
      exclusive: Number(attrs.get<boolean>('exclusive')),
      reverse: Number(attrs.get<boolean>('reverse')),
    };
    return graph.node('CumSum', [x, axis], x.shape, x.dtype, { attributes });
  },
};
