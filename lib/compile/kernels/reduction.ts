import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { elements, Value } from '../graph';
import { Attrs, input, Mapping } from './kernel';
import { order } from './order';
import { pad } from './padding';
import { reshape } from '../reshape';
import { fill } from './creation';
import { axisOf, cast } from './shape';
import { reverse, sliceAxis } from './slicing';

/** ONNX's reductions know no booleans: they are integers meanwhile. */
const numbers = (graph: GraphBuilder, x: Value): Value => (x.dtype === 'bool' ? cast(graph, x, 'int32') : x);

/** A reduction over `axis` (tfjs's Max calls it `reductionIndices`), all axes if none is given. */
function reduce(op: string): Mapping {
  return (inputs, attrs, graph) => reduceValue(graph, op, input(inputs, 'x'), attrs);
}

function reduceValue(graph: GraphBuilder, op: string, x: Value, attrs: Attrs): Value {
  const { axes, keepDims } = axesOf(x, attrs);
  const y = numbers(graph, x);
  if (axes.length === 0) return y;
  const shape = reducedShape(x, axes, keepDims);
  const attributes = { keepdims: keepDims ? 1 : 0 };
  return graph.node(op, [y, graph.ints(axes)], shape, y.dtype, { attributes });
}

/** What tfjs says of a reduction without elements; undefined if there are some. */
function ofNothing(
  graph: GraphBuilder,
  x: Value,
  attrs: Attrs,
  value: number,
  dtype = x.dtype,
): Value | undefined {
  const { axes, keepDims } = axesOf(x, attrs);
  if (!axes.some((axis) => x.shape[axis] === 0)) return undefined;
  return fill(graph, value, reducedShape(x, axes, keepDims), dtype);
}

/**
 * The largest (or smallest) element, NaN if one is: ONNX's reductions skip NaN, and the sum of absolute values finds it in one
 * more pass. Of no elements it is NaN, too.
 */
function extreme(op: string): Mapping {
  return (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const none = ofNothing(graph, x, attrs, NaN);
    if (none) return none;
    const result = reduceValue(graph, op, x, attrs);
    if (x.dtype !== 'float32') return cast(graph, result, x.dtype);
    const sum = reduceValue(graph, 'ReduceL1', x, attrs);
    const poisoned = graph.node('IsNaN', [sum], sum.shape, 'bool');
    return graph.node('Where', [poisoned, sum, result], result.shape, result.dtype);
  };
}

/** Products of all elements up to each one, in log₂(length) steps: after step k, each is the product of the last 2ᵏ. */
function cumulativeProduct(x: Value, attrs: Attrs, graph: GraphBuilder): Value {
  const axis = axisOf(attrs.get<number>('axis'), x.shape.length, 'cumprod');
  const length = x.shape[axis]!;
  const turned = (y: Value): Value => (attrs.get<boolean>('reverse') ? reverse(graph, y, [axis]) : y);
  const delayed = (y: Value, by: number): Value => {
    const paddings = x.shape.map((_, i): [number, number] => [i === axis ? by : 0, 0]);
    return pad(graph, sliceAxis(graph, y, axis, 0, length - by), paddings, 1);
  };
  let product = attrs.get<boolean>('exclusive') ? delayed(turned(x), 1) : turned(x);
  for (let span = 1; span < length; span *= 2) {
    product = graph.node('Mul', [product, delayed(product, span)], x.shape, x.dtype);
  }
  return turned(product);
}

/**
 * Sums over all axes but the last are products with a row of ones: a bias's gradient, which onnxruntime's matmul adds up several
 * times as fast as its ReduceSum.
 */
const sum: Mapping = (inputs, attrs, graph) => {
  const x = input(inputs, 'x');
  const { axes, keepDims } = axesOf(x, attrs);
  const width = x.shape.at(-1) ?? 1;
  const rows = elements(x) / width;
  const areLeading = axes.length === x.shape.length - 1 && axes.every((axis, i) => axis === i);
  if (!areLeading || rows <= 1 || width === 0 || x.dtype !== 'float32') {
    return reduceValue(graph, 'ReduceSum', x, attrs);
  }
  const ones = graph.constant(new Float32Array(rows).fill(1), [1, rows], 'float32');
  const total = graph.node('MatMul', [ones, reshape(graph, x, [rows, width])], [1, width], 'float32');
  return reshape(graph, total, reducedShape(x, axes, keepDims));
};

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

/** Whether any (Max) or all (Min) elements are true; of no elements, all are and none is, as in numpy. */
function logical(op: string, ofNone: number): Mapping {
  return (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    return ofNothing(graph, x, attrs, ofNone) ?? cast(graph, reduceValue(graph, op, x, attrs), 'bool');
  };
}

/** Where the first extreme element is, or the first NaN, as in numpy (tfjs's cpu backend steps over NaN); 0 of no elements. */
function argument(op: string, ofNaN: number): Mapping {
  return (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const none = ofNothing(graph, x, attrs, 0, 'int32');
    if (none) return none;
    const [axis = 0] = tf.util.parseAxisParam(attrs.get<number>('axis'), [...x.shape]);
    const attributes = { axis, keepdims: 0 };
    return cast(
      graph,
      graph.node(op, [order(graph, x, ofNaN)], reducedShape(x, [axis], false), 'int64', { attributes }),
      'int32',
    );
  };
}

export const reduction: Record<string, Mapping> = {
  Sum: sum,
  Mean: (inputs, attrs, graph) =>
    reduceValue(graph, 'ReduceMean', cast(graph, input(inputs, 'x'), 'float32'), attrs),
  Max: extreme('ReduceMax'),
  Min: extreme('ReduceMin'),
  Prod: reduce('ReduceProd'),
  Any: logical('ReduceMax', 0),
  All: logical('ReduceMin', 1),
  ArgMax: argument('ArgMax', Infinity),
  ArgMin: argument('ArgMin', -Infinity),
  Softmax: (inputs, attrs, graph) => {
    const logits = input(inputs, 'logits');
    const attributes = { axis: attrs.get<number>('dim') };
    return graph.node('Softmax', [logits], logits.shape, logits.dtype, { attributes });
  },
  AddN: (inputs, _, graph) => {
    const [first, ...rest] = Object.values(inputs) as [Value, ...Value[]];
    if (first.dtype === 'float32') return graph.node('Sum', [first, ...rest], first.shape, first.dtype);
    return rest.reduce((sum, x) => graph.node('Add', [sum, x], sum.shape, sum.dtype), first);
  },
  Cumprod: (inputs, attrs, graph) => cumulativeProduct(input(inputs, 'x'), attrs, graph),
  Cumsum: (inputs, attrs, graph) => {
    const x = numbers(graph, input(inputs, 'x'));
    const place = axisOf(attrs.get<number>('axis'), x.shape.length, 'cumsum');
    const axis = graph.constant(BigInt64Array.of(BigInt(place)), [], 'int64');
    const attributes = {
      exclusive: Number(attrs.get<boolean>('exclusive')),
      reverse: Number(attrs.get<boolean>('reverse')),
    };
    return graph.node('CumSum', [x, axis], x.shape, x.dtype, { attributes });
  },
};
