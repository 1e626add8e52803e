import { GraphBuilder } from '../builder';
import { Attribute, Value } from '../graph';
import { input, Mapping } from './kernel';
import { cast, convert } from './shape';

type Formula = (graph: GraphBuilder, x: Value) => Value;

function apply(graph: GraphBuilder, op: string, x: Value, attributes: Record<string, Attribute> = {}): Value {
  return graph.node(op, [x], x.shape, x.dtype, { attributes });
}

const operator =
  (op: string, attributes: Record<string, Attribute> = {}): Formula =>
  (graph, x) =>
    apply(graph, op, x, attributes);

const ofX =
  (formula: Formula): Mapping =>
  (inputs, _, graph) =>
    formula(graph, input(inputs, 'x'));

/** An elementwise operator of what tfjs hands it as it is. */
const elementwise = (op: string): Mapping => ofX(operator(op));

/**
 * A function of real numbers: of integers and booleans, too, its value is a float, as in numpy. tfjs's cpu backend cuts most of them to
 * the dtype of `x`: an arcsine of 1 that is 1.
 */
const real = (formula: Formula): Mapping => ofX((graph, x) => formula(graph, cast(graph, x, 'float32')));

/** A function whose values have the dtype of `x`, in integers where `x` is boolean, which ONNX's arithmetic does not know. */
const kept = (formula: Formula): Mapping =>
  ofX((graph, x) => cast(graph, formula(graph, x.dtype === 'bool' ? cast(graph, x, 'int32') : x), x.dtype));

/** A function of real numbers that has the dtype of `x` nevertheless, in tfjs and, where it has it, in numpy. */
const cut = (formula: Formula): Mapping =>
  ofX((graph, x) => {
    const y = formula(graph, cast(graph, x, 'float32'));
    return x.dtype === 'float32' ? y : cast(graph, convert(graph, y, 'int32'), x.dtype);
  });

/** A test of each element, as a float. */
function test(op: string): Mapping {
  return (inputs, _, graph) => {
    const x = cast(graph, input(inputs, 'x'), 'float32');
    return graph.node(op, [x], x.shape, 'bool');
  };
}

const clip = (graph: GraphBuilder, x: Value, low: number, high: number): Value =>
  graph.node('Clip', [x, graph.scalar(low, x.dtype), graph.scalar(high, x.dtype)], x.shape, x.dtype);

const both = (graph: GraphBuilder, op: string, a: Value, b: Value): Value =>
  graph.node(op, [a, b], a.shape, a.dtype);

/** `e^x - 1` as `tanh(x / 2) · (e^x + 1)`, which has no difference of like numbers near 0. */
const expm1: Formula = (graph, x) => {
  const half = apply(graph, 'Tanh', both(graph, 'Mul', x, graph.scalar(0.5)));
  return both(graph, 'Mul', half, both(graph, 'Add', apply(graph, 'Exp', x), graph.scalar(1)));
};

/** `ln u`, `u = 1 + x` rounded, and to first order what was lost by rounding it: `(x - (u - 1)) / u`. Only within bounds is something lost that counts. */
const log1p: Formula = (graph, x) => {
  const log = apply(graph, 'Log', both(graph, 'Add', x, graph.scalar(1)));
  const near = clip(graph, x, -0.75, 2 ** 20);
  const sum = both(graph, 'Add', near, graph.scalar(1));
  const lost = both(graph, 'Sub', near, both(graph, 'Sub', sum, graph.scalar(1)));
  return both(graph, 'Add', log, both(graph, 'Div', lost, sum));
};

export const unary: Record<string, Mapping> = {
  Neg: kept(operator('Neg')),
  Abs: kept(operator('Abs')),
  Exp: real(operator('Exp')),
  Log: elementwise('Log'),
  Sqrt: elementwise('Sqrt'),
  Erf: real(operator('Erf')),
  Sin: elementwise('Sin'),
  Cos: elementwise('Cos'),
  Tan: elementwise('Tan'),
  Asin: real(operator('Asin')),
  Acos: real(operator('Acos')),
  Atan: real(operator('Atan')),
  Sinh: real(operator('Sinh')),
  Cosh: elementwise('Cosh'),
  Tanh: elementwise('Tanh'),
  Asinh: real(operator('Asinh')),
  Acosh: real(operator('Acosh')),
  Atanh: real(operator('Atanh')),
  Sigmoid: elementwise('Sigmoid'),
  Softplus: cut(operator('Softplus')),
  /** By the error function: a layer's of ours, as one operator. */
  WhittleGelu: elementwise('Gelu'),
  Relu: kept(operator('Relu')),
  Elu: elementwise('Elu'),
  Floor: elementwise('Floor'),
  Ceil: elementwise('Ceil'),
  Sign: kept(operator('Sign')),
  Reciprocal: cut(operator('Reciprocal')),
  Selu: cut(operator('Selu', { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } })),
  // Half to even, in both.
  Round: ofX((graph, x) => (x.dtype === 'float32' ? apply(graph, 'Round', x) : x)),
  Square: kept((graph, x) => both(graph, 'Mul', x, x)),
  Rsqrt: ofX((graph, x) => apply(graph, 'Reciprocal', apply(graph, 'Sqrt', x))),
  Expm1: real(expm1),
  Log1p: real(log1p),
  Relu6: kept((graph, x) => clip(graph, x, 0, 6)),
  LeakyRelu: (inputs, attrs, graph) => {
    const attributes = { alpha: { float: attrs.get<number>('alpha') } };
    return apply(graph, 'LeakyRelu', cast(graph, input(inputs, 'x'), 'float32'), attributes);
  },
  ClipByValue: (inputs, attrs, graph) => {
    const [low, high] = [attrs.get<number>('clipValueMin'), attrs.get<number>('clipValueMax')];
    return kept((_, x) => clip(graph, x, low, high))(inputs, attrs, graph);
  },
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
