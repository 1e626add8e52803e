import { GraphBuilder } from '../builder';
import { DataType, elements, Value } from '../graph';
import { fill } from './creation';
import { input, Mapping } from './kernel';
import { reshape } from './shape';
import {
  channelsFirst,
  channelsLast,
  poolingWindow,
  transposedAttributes,
  Window,
  windowAttributes,
} from './window';

/** A pool of an image in NCHW, or (slot 1, of `MaxPool`) the flat positions of the maxima. */
function pool(
  graph: GraphBuilder,
  op: string,
  image: Value,
  window: Window,
  dtype: DataType,
  slot = 0,
): Value {
  const shape = [window.batchSize, window.inChannels, window.outHeight, window.outWidth];
  return graph.node(op, [image], shape, dtype, { attributes: windowAttributes(window), slot });
}

function pooling(op: string): Mapping {
  return (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const window = poolingWindow(x.shape, attrs);
    return channelsLast(graph, pool(graph, op, channelsFirst(graph, x), window, x.dtype));
  };
}

export const pools: Record<string, Mapping> = {
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AveragePool'),
  // Every output's gradient goes to the (first) place of its maximum; windows that overlap add up.
  MaxPoolGrad: (inputs, attrs, graph) => {
    const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')];
    const window = poolingWindow(x.shape, attrs);
    const image = channelsFirst(graph, x);
    const places = reshape(graph, pool(graph, 'MaxPool', image, window, 'int64', 1), [elements(dy)]);
    const updates = reshape(graph, channelsFirst(graph, dy), [elements(dy)]);
    const zeros = fill(graph, 0, [elements(x)], dy.dtype);
    const dx = graph.node('ScatterElements', [zeros, places, updates], zeros.shape, dy.dtype, {
      attributes: { axis: 0, reduction: 'add' },
    });
    return channelsLast(graph, reshape(graph, dx, image.shape));
  },
  // Like tfjs, divides by the whole window also where part of it is padding.
  AvgPoolGrad: (inputs, attrs, graph) => {
    const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')];
    const window = poolingWindow(x.shape, attrs);
    const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = window;
    const images = batchSize * inChannels;
    const each = reshape(graph, channelsFirst(graph, dy), [images, 1, outHeight, outWidth]);
    const size = window.filterHeight * window.filterWidth;
    const shape = [1, 1, window.filterHeight, window.filterWidth];
    const filter = graph.constant(new Float32Array(size).fill(1 / size), shape, 'float32');
    const dx = graph.node('ConvTranspose', [each, filter], [images, 1, inHeight, inWidth], dy.dtype, {
      attributes: transposedAttributes(window),
    });
    return channelsLast(graph, reshape(graph, dx, [batchSize, inChannels, inHeight, inWidth]));
  },
};
