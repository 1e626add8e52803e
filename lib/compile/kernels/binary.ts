import { GraphBuilder } from '../builder';
import { Value } from '../graph';
import { broadcastShape, input, Mapping } from './kernel';
import { cast } from './shape';

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

/**
 * `floor(a / b)` as int32, in double precision as JavaScript computes it: exact for integers, and on the same side of a whole
 * number for floats. 0 where the quotient is not finite.
 */
function floorDivide(graph: GraphBuilder, a: Value, b: Value): Value {
  const quotient = apply(graph, 'Div', cast(graph, a, 'float64'), cast(graph, b, 'float64'));
  const floor = graph.node('Floor', [quotient], quotient.shape, 'float64');
  const nothing = apply(graph, 'Sub', floor, floor); // NaN unless finite
  const finite = apply(graph, 'Equal', nothing, graph.scalar(0, 'float64'), 'bool');
  const branches = [finite, cast(graph, floor, 'int32'), graph.scalar(0, 'int32')];
  return graph.node('Where', branches, floor.shape, 'int32');
}

/** The remainder with the sign of the divisor: JavaScript's `%` has the dividend's, like ONNX's `fmod`. */
function modulo(graph: GraphBuilder, a: Value, b: Value): Value {
  const attributes = { fmod: 1 };
  const shape = broadcastShape(a, b);
  const remainder = graph.node('Mod', [a, b], shape, a.dtype, { attributes });
  const shifted = graph.node('Mod', [apply(graph, 'Add', remainder, b), b], shape, a.dtype, { attributes });
  const negative = (x: Value): Value => apply(graph, 'Less', x, graph.scalar(0, x.dtype), 'bool');
  const opposite = apply(graph, 'Xor', negative(a), negative(b), 'bool');
  return graph.node('Where', [opposite, shifted, remainder], shape, a.dtype);
}

export const binary: Record<string, Mapping> = {
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Multiply: arithmetic('Mul'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  Pow: arithmetic('Pow'),
  RealDiv: arithmetic('Div'), // tfjs divides integers with FloorDiv
  FloorDiv: (inputs, _, graph) => floorDivide(graph, ...operands(inputs)),
  Mod: (inputs, _, graph) => modulo(graph, ...operands(inputs)),
  SquaredDifference: (inputs, _, graph) => {
    const difference = apply(graph, 'Sub', ...operands(inputs));
    return apply(graph, 'Mul', difference, difference);
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
  Prelu: (inputs, _, graph) => {
    const [x, alpha] = [input(inputs, 'x'), input(inputs, 'alpha')];
    return graph.node('PRelu', [x, alpha], x.shape, x.dtype);
  },
};
