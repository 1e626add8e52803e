import { GraphBuilder } from '../builder';
import { DataType, elements, Value } from '../graph';
import { reshape } from '../reshape';
import { fill } from './creation';
import { input, Mapping } from './kernel';
import { cast, convert } from './shape';
import {
  attributesOf,
  channelsFirst3d,
  channelsLast3d,
  poolingWindow3d,
  sizesOf,
  uncoveredBy,
  Window3d,
} from './window-3d';

/** A pool of a volume in NCDHW, or (slot 1, of `MaxPool`) the flat positions of the maxima. */
function pool(graph: GraphBuilder, op: string, x: Value, window: Window3d, dtype: DataType, slot = 0): Value {
  const { batchSize, inChannels, outDepth, outHeight, outWidth } = window;
  const shape = [batchSize, inChannels, outDepth, outHeight, outWidth];
  return graph.node(op, [x], shape, dtype, { attributes: attributesOf(window), slot });
}

/** Pools of volumes, `NDHWC`, and their gradients. */
export const pooling3d: Record<string, Mapping> = {
  // Of integers in doubles, which ONNX's operator knows.
  MaxPool3D: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const volume = channelsFirst3d(graph, x.dtype === 'float32' ? x : cast(graph, x, 'float64'));
    const largest = pool(graph, 'MaxPool', volume, poolingWindow3d(x.shape, attrs), volume.dtype);
    return convert(graph, channelsLast3d(graph, largest), x.dtype);
  },
  AvgPool3D: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const window = poolingWindow3d(x.shape, attrs);
    return channelsLast3d(graph, pool(graph, 'AveragePool', channelsFirst3d(graph, x), window, x.dtype));
  },
  // To the first place of the maximum, as of images and in TensorFlow; tfjs's cpu backend takes the last one of volumes.
  MaxPool3DGrad: (inputs, attrs, graph) => {
    const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')];
    const volume = channelsFirst3d(graph, x);
    const found = pool(graph, 'MaxPool', volume, poolingWindow3d(x.shape, attrs), 'int64', 1);
    const places = reshape(graph, found, [elements(dy)]);
    const updates = reshape(graph, channelsFirst3d(graph, dy), [elements(dy)]);
    const zeros = fill(graph, 0, [elements(x)], dy.dtype);
    const dx = graph.node('ScatterElements', [zeros, places, updates], zeros.shape, dy.dtype, {
      attributes: { axis: 0, reduction: 'add' },
    });
    return channelsLast3d(graph, reshape(graph, dx, volume.shape));
  },
  // Like tfjs, divides by the whole window also where part of it is padding.
  AvgPool3DGrad: (inputs, attrs, graph) => {
    const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')];
    const window = poolingWindow3d(x.shape, attrs);
    const { batchSize, inChannels, inDepth, inHeight, inWidth, outDepth, outHeight, outWidth } = window;
    const volumes = batchSize * inChannels;
    const each = reshape(graph, channelsFirst3d(graph, dy), [volumes, 1, outDepth, outHeight, outWidth]);
    const sizes = sizesOf(window);
    const size = sizes.reduce((product, length) => product * length);
    const filter = graph.constant(new Float32Array(size).fill(1 / size), [1, 1, ...sizes], 'float32');
    const attributes = { ...attributesOf(window), output_padding: uncoveredBy(window) };
    const shape = [volumes, 1, inDepth, inHeight, inWidth];
    const dx = graph.node('ConvTranspose', [each, filter], shape, dy.dtype, { attributes });
    return channelsLast3d(graph, reshape(graph, dx, [batchSize, inChannels, inDepth, inHeight, inWidth]));
  },
};
