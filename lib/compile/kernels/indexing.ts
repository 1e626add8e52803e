import * as tf from '@tensorflow/tfjs';
import { dataOf, GraphBuilder } from '../builder';
import { DataType, elements, isSameShape, Value } from '../graph';
import { fill } from './creation';
import { Attrs, broadcastShape, input, Mapping, unmapped } from './kernel';
import { reshape } from '../reshape';
import { order } from './order';
import { cast } from './shape';

/** Row `i` of the result is `onValue` at column `indices[i]`, and `offValue` all along if there is no such column. */
function oneHot(indices: Value, attrs: Attrs, graph: GraphBuilder): Value {
  const depth = attrs.get<number>('depth');
  const dtype = attrs.get<DataType>('dtype');
  const columns = graph.constant(dataOf([...Array(depth).keys()], 'int32'), [depth], 'int32');
  const shape = [...indices.shape, depth];
  const hot = graph.node('Equal', [reshape(graph, indices, [...indices.shape, 1]), columns], shape, 'bool');
  const [on, off] = [attrs.get<number>('onValue'), attrs.get<number>('offValue')];
  if (on === 1 && off === 0) return cast(graph, hot, dtype);
  return graph.node('Where', [hot, graph.scalar(on, dtype), graph.scalar(off, dtype)], shape, dtype);
}

/** Whole rows of `x`, and nothing of those whose id is none of `0 … segments - 1`: `[x, ids]` with every id in range. */
function inRange(graph: GraphBuilder, x: Value, ids: Value, segments: number): [Value, Value] {
  const bounds = [graph.scalar(0, 'int32'), graph.scalar(segments - 1, 'int32')];
  const clipped = graph.node('Clip', [ids, ...bounds], ids.shape, 'int32');
  const valid = graph.node('Equal', [clipped, ids], ids.shape, 'bool');
  const columns = [...ids.shape, ...x.shape.slice(ids.shape.length).map(() => 1)];
  const keep = reshape(graph, cast(graph, valid, x.dtype), columns);
  return [graph.node('Mul', [x, keep], x.shape, x.dtype), clipped];
}

function expectIds(x: Value, ids: Value): void {
  tf.util.assert(
    isSameShape(ids.shape, x.shape.slice(0, ids.shape.length)),
    () =>
      `Error in unsortedSegmentSum: expected an id for each row of [${x.shape.join(', ')}], got ids [${ids.shape.join(', ')}].`,
  );
}

export const indexing: Record<string, Mapping> = {
  GatherV2: (inputs, attrs, graph) => {
    const [x, indices] = [input(inputs, 'x'), input(inputs, 'indices')];
    if (attrs.get<number | undefined>('batchDims')) throw unmapped('GatherV2 with batchDims');
    const [axis = 0] = tf.util.parseAxisParam(attrs.get<number>('axis'), [...x.shape]);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return graph.node('Gather', [x, indices], shape, x.dtype, { attributes: { axis } });
  },
  // A float also of integers, as in tfjs. Lowered by a pass: a sum over repeated indices is easy to get wrong, and often need not be in the graph at all.
  UnsortedSegmentSum: (inputs, attrs, graph) => {
    const segments = attrs.get<number>('numSegments');
    expectIds(input(inputs, 'x'), input(inputs, 'segmentIds'));
    const [x, ids] = inRange(
      graph,
      cast(graph, input(inputs, 'x'), 'float32'),
      input(inputs, 'segmentIds'),
      segments,
    );
    const shape = [segments, ...x.shape.slice(ids.shape.length)];
    if (elements(x) === 0) return fill(graph, 0, shape, x.dtype);
    return graph.node('SegmentSum', [x, ids], shape, x.dtype, { domain: 'whittle' });
  },
  OneHot: (inputs, attrs, graph) => oneHot(input(inputs, 'indices'), attrs, graph),
  Select: (inputs, _, graph) => {
    const [condition, t, e] = [input(inputs, 'condition'), input(inputs, 't'), input(inputs, 'e')];
    const dtype = tf.upcastType(t.dtype as tf.DataType, e.dtype as tf.DataType) as DataType;
    const branches = [t, e].map((x) => cast(graph, x, dtype === 'bool' ? 'int32' : dtype));
    const chosen = graph.node(
      'Where',
      [condition, ...branches],
      broadcastShape(condition, t),
      branches[0]!.dtype,
    );
    return cast(graph, chosen, dtype);
  },
  // NaN comes first, as in numpy's sort; tfjs's cpu backend leaves it anywhere.
  TopK: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const k = attrs.get<number>('k');
    const shape = [...x.shape.slice(0, -1), k];
    const places = graph.node('TopK', [order(graph, x, Infinity), graph.ints([k])], shape, 'int64', {
      slot: 1,
    });
    const values = graph.node('GatherElements', [x, places], shape, x.dtype, { attributes: { axis: -1 } });
    return [values, cast(graph, places, 'int32')];
  },
};
