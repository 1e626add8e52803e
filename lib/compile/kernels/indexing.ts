import { DataType } from '../graph';
import { broadcastShape, input, Mapping } from './kernel';
import { cast } from './shape';

export const indexing: Record<string, Mapping> = {
  GatherV2: (inputs, attrs, graph) => {
    const [x, indices] = [input(inputs, 'x'), input(inputs, 'indices')];
    if (attrs.get<number>('batchDims')) throw new Error('Gather with batchDims has no ONNX mapping.');
    const rank = x.shape.length;
    const axis = (attrs.get<number>('axis') + rank) % rank;
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return graph.node('Gather', [x, indices], shape, x.dtype, { attributes: { axis } });
  },
  // Lowered by a pass: a sum over repeated indices is easy to get wrong, and often need not be in the graph at all.
  UnsortedSegmentSum: (inputs, attrs, graph) => {
    const [x, segmentIds] = [input(inputs, 'x'), input(inputs, 'segmentIds')];
    const segments = attrs.get<number>('numSegments');
    const shape = [segments, ...x.shape.slice(segmentIds.shape.length)];
    return graph.node('SegmentSum', [x, segmentIds], shape, x.dtype, { domain: 'whittle' });
  },
  OneHot: (inputs, attrs, graph) => {
    const indices = cast(graph, input(inputs, 'indices'), 'int64');
    const depth = attrs.get<number>('depth');
    const offOn = Float32Array.of(attrs.get<number>('offValue'), attrs.get<number>('onValue'));
    const operands = [indices, graph.ints([depth]), graph.constant(offOn, [2], 'float32')];
    const hot = graph.node('OneHot', operands, [...indices.shape, depth], 'float32', {
      attributes: { axis: -1 },
    });
    return cast(graph, hot, attrs.get<DataType>('dtype') ?? 'float32');
  },
  Select: (inputs, _, graph) => {
    const [condition, t, e] = [input(inputs, 'condition'), input(inputs, 't'), input(inputs, 'e')];
    return graph.node('Where', [condition, t, e], broadcastShape(condition, t), t.dtype);
  },
};
