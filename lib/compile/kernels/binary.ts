import { GraphBuilder } from '../builder';
import { DataType, Value } from '../graph';
import { broadcastShape, input, Mapping } from './kernel';

/** An operator of two broadcast operands whose result has their dtype. */
function arithmetic(op: string): Mapping {
  return (inputs, _, graph) => {
    const [a, b] = operands(inputs);
    return graph.node(op, [a, b], broadcastShape(a, b), a.dtype);
  };
}

/** An operator of two broadcast operands with a boolean result. */
function comparison(op: string): Mapping {
  return (inputs, _, graph) => compare(graph, op, ...operands(inputs));
}

/** `a op b`, elementwise. */
function compare(graph: GraphBuilder, op: string, a: Value, b: Value): Value {
  return graph.node(op, [a, b], broadcastShape(a, b), 'bool');
}

function operands(inputs: Readonly<Record<string, Value>>): [Value, Value] {
  return [input(inputs, 'a'), input(inputs, 'b')];
}

const castTo = (graph: GraphBuilder, x: Value, dtype: DataType): Value =>
  x.dtype === dtype ? x : graph.node('Cast', [x], x.shape, dtype);

export const binary: Record<string, Mapping> = {
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Multiply: arithmetic('Mul'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  Pow: arithmetic('Pow'),
  // tfjs divides integers as floats; its wrapper casts first, so integers come only from FloorDiv.
  RealDiv: arithmetic('Div'),
  FloorDiv: (inputs, _, graph) => {
    const [a, b] = operands(inputs).map((x) => castTo(graph, x, 'float32')) as [Value, Value];
    const quotient = graph.node('Div', [a, b], broadcastShape(a, b), 'float32');
    return castTo(
      graph,
      graph.node('Floor', [quotient], quotient.shape, 'float32'),
      input(inputs, 'a').dtype,
    );
  },
  SquaredDifference: (inputs, _, graph) => {
    const [a, b] = operands(inputs);
    const difference = graph.node('Sub', [a, b], broadcastShape(a, b), a.dtype);
    return graph.node('Mul', [difference, difference], difference.shape, a.dtype);
  },
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Equal: comparison('Equal'),
  NotEqual: (inputs, _, graph) => {
    const equal = compare(graph, 'Equal', ...operands(inputs));
    return graph.node('Not', [equal], equal.shape, 'bool');
  },
  LogicalAnd: comparison('And'),
  LogicalOr: comparison('Or'),
  Prelu: (inputs, _, graph) => {
    const [x, alpha] = [input(inputs, 'x'), input(inputs, 'alpha')];
    return graph.node('PRelu', [x, alpha], x.shape, x.dtype);
  },
};
