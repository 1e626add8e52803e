import * as tf from '@tensorflow/tfjs';
import { dataOf, GraphBuilder } from '../builder';
import { DataType, elements, isSameShape, Value } from '../graph';
import { Attrs, broadcastShape, input, Mapping } from './kernel';
import { reshape } from '../reshape';
import { order } from './order';
import { segmentSum } from './segment-sum';
import { cast, transpose } from './shape';

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

function expectIds(x: Value, ids: Value): void {
  tf.util.assert(
    isSameShape(ids.shape, x.shape.slice(0, ids.shape.length)),
    () =>
      `Error in unsortedSegmentSum: expected an id for each row of [${x.shape.join(', ')}], got ids [${ids.shape.join(', ')}].`,
  );
}

/** For each example of a batch, what its own indices say along an axis of its own values. */
function gatherInBatch(graph: GraphBuilder, x: Value, indices: Value, attrs: Attrs): Value {
  const like = ({ shape }: Value): tf.Tensor =>
    ({ shape: [...shape], rank: shape.length }) as unknown as tf.Tensor;
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    tf.backend_util.segment_util.collectGatherOpShapeInfo(like(x), like(indices), ...axisAndBatch(x, attrs));
  const count = elements(indices) / batchSize;
  const apart = transpose(graph, reshape(graph, x, [batchSize, outerSize, dimSize, sliceSize]), [0, 2, 1, 3]);
  const places = cast(graph, reshape(graph, indices, [batchSize, count, 1]), 'int64');
  const rows = graph.node('GatherND', [apart, places], [batchSize, count, outerSize, sliceSize], x.dtype, {
    attributes: { batch_dims: 1 },
  });
  return reshape(graph, transpose(graph, rows, [0, 2, 1, 3]), outputShape);
}

function axisAndBatch(x: Value, attrs: Attrs): [axis: number, batchDims: number] {
  const [axis = 0] = tf.util.parseAxisParam(attrs.get<number>('axis'), [...x.shape]);
  return [axis, attrs.get<number>('batchDims')];
}

export const indexing: Record<string, Mapping> = {
  GatherV2: (inputs, attrs, graph) => {
    const [x, indices] = [input(inputs, 'x'), input(inputs, 'indices')];
    const batchDims = attrs.get<number | undefined>('batchDims') ?? 0;
    if (batchDims > 0) return gatherInBatch(graph, x, indices, attrs);
    const [axis = 0] = tf.util.parseAxisParam(attrs.get<number>('axis'), [...x.shape]);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return graph.node('Gather', [x, indices], shape, x.dtype, { attributes: { axis } });
  },
  GatherNd: (inputs, _, graph) => {
    const [x, indices] = [input(inputs, 'params'), input(inputs, 'indices')];
    const like = ({ shape, dtype }: Value) => ({
      shape: [...shape],
      dtype: dtype as tf.DataType,
      dataId: {},
    });
    const [shape] = tf.gather_util.prepareAndValidate(like(x), like(indices));
    return graph.node('GatherND', [x, cast(graph, indices, 'int64')], shape, x.dtype);
  },
  // A float also of integers, as in tfjs.
  UnsortedSegmentSum: (inputs, attrs, graph) => {
    const [x, ids] = [input(inputs, 'x'), input(inputs, 'segmentIds')];
    expectIds(x, ids);
    return segmentSum(graph, cast(graph, x, 'float32'), ids, attrs.get<number>('numSegments'));
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
