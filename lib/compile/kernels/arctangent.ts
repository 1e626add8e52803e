import { GraphBuilder } from '../builder';
import { Value } from '../graph';
import { broadcastShape, input, Mapping } from './kernel';
import { cast } from './shape';

/** Whether each element has a minus, -0 too. */
function negative(graph: GraphBuilder, x: Value): Value {
  const below = (y: Value): Value => graph.node('Less', [y, graph.scalar(0)], x.shape, 'bool');
  const inverse = graph.node('Reciprocal', [x], x.shape, x.dtype);
  return graph.node('Or', [below(x), below(inverse)], x.shape, 'bool');
}

/** The absolute value, as the largest float where it is infinite: so quotients of two are numbers. */
function length(graph: GraphBuilder, x: Value): Value {
  const bounds = [graph.scalar(0), graph.scalar(3.4028234663852886e38)];
  return graph.node('Clip', [graph.node('Abs', [x], x.shape, x.dtype), ...bounds], x.shape, x.dtype);
}

/** The angle of (x, y) in (-π, π]: the arctangent of `|y| / |x|`, in the quadrant that the signs say. */
export const arctangent: Record<string, Mapping> = {
  Atan2: (inputs, _, graph) => {
    const [y, x] = [input(inputs, 'a'), input(inputs, 'b')].map((z) => cast(graph, z, 'float32')) as [
      Value,
      Value,
    ];
    const shape = broadcastShape(y, x);
    const node = (op: string, ...operands: Value[]): Value => graph.node(op, operands, shape, 'float32');
    const [rise, run] = [length(graph, y), length(graph, x)];
    const origin = graph.node(
      'Equal',
      [graph.node('Max', [rise, run], shape, 'float32'), graph.scalar(0)],
      shape,
      'bool',
    );
    const quotient = node('Where', origin, graph.scalar(0), node('Div', rise, run));
    const angle = node('Atan', quotient);
    const half = node('Where', negative(graph, x), node('Sub', graph.scalar(Math.PI), angle), angle);
    return node('Where', negative(graph, y), node('Neg', half), half);
  },
};
