import { GraphBuilder } from '../builder';
import { Value } from '../graph';
import { cast } from './shape';

/**
 * What is ordered as the elements of `x`, NaN beyond all of them, at the infinity that is told: as numpy sorts, and as its `argmax` and
 * `argmin` find NaN. Doubles have room for that beyond every float; onnxruntime's own comparisons lose elements beside NaN.
 */
export function order(graph: GraphBuilder, x: Value, ofNaN: number): Value {
  if (x.dtype !== 'float32') return cast(graph, x, 'int32');
  const isNaN = graph.node('IsNaN', [x], x.shape, 'bool');
  const bounds = [graph.scalar(-1e300, 'float64'), graph.scalar(1e300, 'float64')];
  const finite = graph.node('Clip', [cast(graph, x, 'float64'), ...bounds], x.shape, 'float64');
  return graph.node('Where', [isNaN, graph.scalar(ofNaN, 'float64'), finite], x.shape, 'float64');
}
