import { GraphBuilder } from '../builder';
import { Attribute, Value } from '../graph';
import { input, Mapping } from './kernel';

/** An elementwise operator of the same name and dtype. */
function elementwise(op: string, attributes: Record<string, Attribute> = {}): Mapping {
  return (inputs, _, graph) => apply(graph, op, input(inputs, 'x'), attributes);
}

function apply(graph: GraphBuilder, op: string, x: Value, attributes: Record<string, Attribute> = {}): Value {
  return graph.node(op, [x], x.shape, x.dtype, { attributes });
}

/** A test of each element. */
function test(op: string): Mapping {
  return (inputs, _, graph) => {
    const x = input(inputs, 'x');
    return graph.node(op, [x], x.shape, 'bool');
  };
}

const greater = (graph: GraphBuilder, x: Value, threshold: number): Value =>
  graph.node('Greater', [x, graph.scalar(threshold, x.dtype)], x.shape, 'bool');

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
  Tanh: elementwise('Tanh'),
  Sigmoid: elementwise('Sigmoid'),
  Softplus: elementwise('Softplus'),
  Relu: elementwise('Relu'),
  Elu: elementwise('Elu'),
  Round: elementwise('Round'),
  Floor: elementwise('Floor'),
  Ceil: elementwise('Ceil'),
  Sign: elementwise('Sign'),
  Reciprocal: elementwise('Reciprocal'),
  Selu: elementwise('Selu', {
    alpha: { float: 1.6732632423543772 },
    gamma: { float: 1.0507009873554805 },
  }),
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
    const below = graph.scalar(attrs.get<number>('alpha') ?? 0);
    return graph.node('Where', [greater(graph, x, 0), graph.scalar(1), below], x.shape, x.dtype);
  },
  // dy where y >= 0, dy · (y + 1) below: the derivative of elu from its own output.
  EluGrad: (inputs, _, graph) => {
    const [dy, y] = [input(inputs, 'dy'), input(inputs, 'y')];
    const slope = graph.node('Add', [clip(graph, y, -1, 0), graph.scalar(1)], y.shape, y.dtype);
    return graph.node('Mul', [dy, slope], dy.shape, dy.dtype);
  },
  IsNan: test('IsNaN'),
  IsInf: test('IsInf'),
  LogicalNot: test('Not'),
  IsFinite: (inputs, _, graph) => {
    const x = input(inputs, 'x');
    const zero = graph.node('Sub', [x, x], x.shape, x.dtype); // 0 if finite, NaN otherwise
    return graph.node('Equal', [zero, graph.scalar(0)], x.shape, 'bool');
  },
};
