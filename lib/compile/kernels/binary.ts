import { GraphBuilder } from '../builder';
import { isSameShape, Value } from '../graph';
import { broadcastShape, input, Mapping } from './kernel';
import { cast, toInteger } from './shape';

type Operands = Readonly<Record<string, Value>>;

/** `a op b`, elementwise and broadcast, with the operands' dtype unless told. */
function apply(graph: GraphBuilder, op: string, a: Value, b: Value, dtype = a.dtype): Value {
  return graph.node(op, [a, b], broadcastShape(a, b), dtype);
}

const operands = (inputs: Operands): [Value, Value] => [input(inputs, 'a'), input(inputs, 'b')];

/** ONNX's arithmetic knows no booleans: they are numbers meanwhile. */
function numbers(graph: GraphBuilder, inputs: Operands): [Value, Value] {
  const [a, b] = operands(inputs);
  return a.dtype === 'bool' ? [cast(graph, a, 'int32'), cast(graph, b, 'int32')] : [a, b];
}

/** An operator whose result has its operands' dtype. */
function arithmetic(op: string): Mapping {
  return (inputs, _, graph) =>
    cast(graph, apply(graph, op, ...numbers(graph, inputs)), input(inputs, 'a').dtype);
}

/** An operator of two numbers with a boolean result. */
function comparison(op: string): Mapping {
  return (inputs, _, graph) => apply(graph, op, ...numbers(graph, inputs), 'bool');
}

/** An operator of two booleans, or the equality of anything. */
function logical(op: string): Mapping {
  return (inputs, _, graph) => apply(graph, op, ...operands(inputs), 'bool');
}

/** Operands as doubles, in which JavaScript computes, and which hold every float and every integer. */
const doubles = (graph: GraphBuilder, inputs: Operands): [Value, Value] =>
  operands(inputs).map((x) => cast(graph, x, 'float64')) as [Value, Value];

/**
 * `floor(a / b)` as int32: exact for integers, and on the same side of a whole number for floats. 0 where the quotient is not
 * finite. An infinite divisor is but a large one, so that the quotient has a sign, as in numpy.
 */
function floorDivide(graph: GraphBuilder, [a, b]: [Value, Value]): Value {
  const bounds = [graph.scalar(-1e300, 'float64'), graph.scalar(1e300, 'float64')];
  const quotient = apply(graph, 'Div', a, graph.node('Clip', [b, ...bounds], b.shape, 'float64'));
  return toInteger(graph, graph.node('Floor', [quotient], quotient.shape, 'float64'));
}

/**
 * The remainder with the sign of the divisor, as numpy computes it: that of JavaScript's `%` and ONNX's `fmod` has the dividend's,
 * and where the signs differ the divisor is added.
 */
function modulo(graph: GraphBuilder, [a, b]: [Value, Value]): Value {
  const zero = graph.scalar(0, a.dtype);
  const negative = (x: Value): Value => apply(graph, 'Less', x, zero, 'bool');
  const remainder = graph.node('Mod', [a, b], broadcastShape(a, b), a.dtype, { attributes: { fmod: 1 } });
  const positive = apply(graph, 'Greater', remainder, zero, 'bool');
  const above = apply(graph, 'And', positive, negative(b), 'bool');
  const below = apply(graph, 'And', negative(remainder), apply(graph, 'Greater', b, zero, 'bool'), 'bool');
  const opposite = apply(graph, 'Or', above, below, 'bool');
  const branches = [opposite, apply(graph, 'Add', remainder, b), remainder];
  return graph.node('Where', branches, remainder.shape, a.dtype);
}

/**
 * Of integers in doubles, then cut, as in tfjs: a remainder of 0, a negative power of 0 and all that is not finite are 0, and what is
 * too large keeps its lowest bits, as in numpy, as far as a double has them. onnxruntime's own fail, or leave those open.
 */
function inDoubles(operation: (graph: GraphBuilder, operands: [Value, Value]) => Value): Mapping {
  return (inputs, _, graph) => {
    const { dtype } = input(inputs, 'a');
    if (dtype === 'float32') return operation(graph, operands(inputs));
    return cast(graph, toInteger(graph, operation(graph, doubles(graph, inputs))), dtype);
  };
}

/** `x` where it is positive, `alpha · x` elsewhere; floats, also of integers. */
const prelu: Mapping = (inputs, _, graph) => {
  const [x, alpha] = [input(inputs, 'x'), input(inputs, 'alpha')].map((y) => cast(graph, y, 'float32')) as [
    Value,
    Value,
  ];
  const shape = broadcastShape(x, alpha);
  const whole = isSameShape(shape, x.shape)
    ? x
    : graph.node('Expand', [x, graph.ints(shape)], shape, x.dtype);
  return graph.node('PRelu', [whole, alpha], shape, x.dtype);
};

export const binary: Record<string, Mapping> = {
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Multiply: arithmetic('Mul'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  Pow: inDoubles((graph, [a, b]) => apply(graph, 'Pow', a, b)),
  RealDiv: inDoubles((graph, [a, b]) => apply(graph, 'Div', a, b)), // tfjs divides integers with FloorDiv
  FloorDiv: (inputs, _, graph) => floorDivide(graph, doubles(graph, inputs)),
  Mod: inDoubles(modulo),
  SquaredDifference: (inputs, _, graph) => {
    const difference = apply(graph, 'Sub', ...numbers(graph, inputs));
    return cast(graph, apply(graph, 'Mul', difference, difference), input(inputs, 'a').dtype);
  },
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Equal: logical('Equal'),
  NotEqual: (inputs, _, graph) => {
    const equal = apply(graph, 'Equal', ...operands(inputs), 'bool');
    return graph.node('Not', [equal], equal.shape, 'bool');
  },
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  Prelu: prelu,
};
