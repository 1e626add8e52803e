import { GraphBuilder } from '../builder';
import { Attribute, Value } from '../graph';
import { input, Mapping } from './kernel';
import { cast } from './shape';

/** An elementwise operator of the same name and dtype. */
function elementwise(op: string, attributes: Record<string, Attribute> = {}): Mapping {
  return (inputs, _, graph) => apply(graph, op, input(inputs, 'x'), attributes);
}

function apply(graph: GraphBuilder, op: string, x: Value, attributes: Record<string, Attribute> = {}): Value {
  return graph.node(op, [x], x.shape, x.dtype, { attributes });
}

/** A test of each element, as a float. */
function test(op: string): Mapping {
  return (inputs, _, graph) => {
    const x = cast(graph, input(inputs, 'x'), 'float32');
    return graph.node(op, [x], x.shape, 'bool');
  };
}

const clip = (graph: GraphBuilder, x: Value, low: number, high: number): Value =>
  graph.node('Clip', [x, graph.scalar(low, x.dtype), graph.scalar(high, x.dtype)], x.shape, x.dtype);

export const unary: Record<string, Mapping> = {
  Neg: elementwise('Neg'),
  Abs: elementwise('Abs'),
  Exp: elementwise('Exp'),
  Log: elementwise('Log'),
  Sqrt: elementwise('Sqrt'),
  Erf: elementwise('Erf'),
  Sin: elementwise('Sin'),
  Cos: elementwise('Cos'),
  Tan: elementwise('Tan'),
  Asin: elementwise('Asin'),
  Acos: elementwise('Acos'),
  Atan: elementwise('Atan'),
  Sinh: elementwise('Sinh'),
  Cosh: elementwise('Cosh'),
  Tanh: elementwise('Tanh'),
  Asinh: elementwise('Asinh'),
  Acosh: elementwise('Acosh'),
  Atanh: elementwise('Atanh'),
  Sigmoid: elementwise('Sigmoid'),
  Softplus: elementwise('Softplus'),
  /** By the error function: a layer's of ours, as one operator. */
  WhittleGelu: elementwise('Gelu'),
  Relu: elementwise('Relu'),
  Elu: elementwise('Elu'),
  Floor: elementwise('Floor'),
  Ceil: elementwise('Ceil'),
  Sign: elementwise('Sign'),
  Reciprocal: elementwise('Reciprocal'),
  Selu: elementwise('Selu', {
    alpha: { float: 1.6732632423543772 },
    gamma: { float: 1.0507009873554805 },
  }),
  // Half to even, in both.
  Round: (inputs, _, graph) => {
    const x = input(inputs, 'x');
    return x.dtype === 'int32' ? x : apply(graph, 'Round', x);
  },
  Square: (inputs, _, graph) => {
    const x = input(inputs, 'x');
    return graph.node('Mul', [x, x], x.shape, x.dtype);
  },
  Rsqrt: (inputs, _, graph) => apply(graph, 'Reciprocal', apply(graph, 'Sqrt', input(inputs, 'x'))),
  Expm1: (inputs, _, graph) => {
    const e = apply(graph, 'Exp', input(inputs, 'x'));
    return graph.node('Sub', [e, graph.scalar(1)], e.shape, e.dtype);
  },
  Log1p: (inputs, _, graph) => {
    const x = input(inputs, 'x');
    return apply(graph, 'Log', graph.node('Add', [x, graph.scalar(1)], x.shape, x.dtype));
  },
  Relu6: (inputs, _, graph) => clip(graph, input(inputs, 'x'), 0, 6),
  LeakyRelu: (inputs, attrs, graph) =>
    apply(graph, 'LeakyRelu', input(inputs, 'x'), { alpha: { float: attrs.get<number>('alpha') } }),
  ClipByValue: (inputs, attrs, graph) =>
    clip(graph, input(inputs, 'x'), attrs.get<number>('clipValueMin'), attrs.get<number>('clipValueMax')),
  // 1 where x > 0, alpha elsewhere, and NaN where x is.
  Step: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const positive = apply(graph, 'Ceil', clip(graph, cast(graph, x, 'float32'), 0, 1));
    const alpha = attrs.get<number>('alpha');
    if (alpha === 0) return cast(graph, positive, x.dtype);
    const rise = graph.node('Mul', [positive, graph.scalar(1 - alpha)], x.shape, 'float32');
    const step = graph.node('Add', [rise, graph.scalar(alpha)], x.shape, 'float32');
    return cast(graph, step, x.dtype);
  },
  // dy where y >= 0, dy · (y + 1) below: the derivative of elu from its own output.
  EluGrad: (inputs, _, graph) => {
    const [dy, y] = [input(inputs, 'dy'), input(inputs, 'y')];
    const slope = graph.node('Add', [clip(graph, y, -1, 0), graph.scalar(1)], y.shape, y.dtype);
    return graph.node('Mul', [dy, slope], dy.shape, dy.dtype);
  },
  IsNan: test('IsNaN'),
  IsInf: test('IsInf'),
  LogicalNot: (inputs, _, graph) => {
    const x = input(inputs, 'x');
    return graph.node('Not', [x], x.shape, 'bool');
  },
  IsFinite: (inputs, _, graph) => {
    const x = cast(graph, input(inputs, 'x'), 'float32');
    const zero = graph.node('Sub', [x, x], x.shape, x.dtype); // 0 if finite, NaN otherwise
    return graph.node('Equal', [zero, graph.scalar(0)], x.shape, 'bool');
  },
};
