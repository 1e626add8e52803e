import { GraphBuilder } from '../builder';
import { elements, Value } from '../graph';
import { reshape } from '../reshape';
import { fill } from './creation';
import { cast } from './shape';

/** Whole rows of `x`, and nothing of those whose id is none of `0 … segments - 1`: `[x, ids]` with every id in range. */
function inRange(graph: GraphBuilder, x: Value, ids: Value, segments: number): [Value, Value] {
  const bounds = [graph.scalar(0, 'int32'), graph.scalar(segments - 1, 'int32')];
  const clipped = graph.node('Clip', [ids, ...bounds], ids.shape, 'int32');
  const valid = graph.node('Equal', [clipped, ids], ids.shape, 'bool');
  const columns = [...ids.shape, ...x.shape.slice(ids.shape.length).map(() => 1)];
  const keep = reshape(graph, cast(graph, valid, x.dtype), columns);
  return [graph.node('Mul', [x, keep], x.shape, x.dtype), clipped];
}

/**
 * For each of `segments` the sum of the rows of `x` with its id; rows of other ids are left out. Lowered by a pass: a sum over repeated
 * indices is easy to get wrong, and often need not be in the graph at all.
 */
export function segmentSum(graph: GraphBuilder, x: Value, ids: Value, segments: number): Value {
  const shape = [segments, ...x.shape.slice(ids.shape.length)];
  if (elements(x) === 0 || segments === 0) return fill(graph, 0, shape, x.dtype);
  return graph.node('SegmentSum', inRange(graph, x, ids, segments), shape, x.dtype, { domain: 'whittle' });
}
