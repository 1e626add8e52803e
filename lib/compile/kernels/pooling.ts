import { dataOf, GraphBuilder } from '../builder';
import { DataType, elements, Value } from '../graph';
import { reshape } from '../reshape';
import { fill } from './creation';
import { input, Mapping, unmapped } from './kernel';
import { cast, convert } from './shape';
import {
  channelsFirst,
  channelsLast,
  fitted,
  poolingWindow,
  slidingOver,
  transposedAttributes,
  unfitted,
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

/** The largest element; of integers in doubles, which ONNX's operator knows. */
const maxPool: Mapping = (inputs, attrs, graph) => {
  const x = input(inputs, 'x');
  const window = poolingWindow(x.shape, attrs);
  const image = fitted(graph, x.dtype === 'float32' ? x : cast(graph, x, 'float64'), window, -Infinity);
  const largest = pool(graph, 'MaxPool', channelsFirst(graph, image), slidingOver(window), image.dtype);
  return convert(graph, channelsLast(graph, largest), x.dtype);
};

/** The mean of a window's elements without its padding; NaN where there are none. */
const averagePool: Mapping = (inputs, attrs, graph) => {
  const x = input(inputs, 'x');
  const window = poolingWindow(x.shape, attrs);
  const sliding = slidingOver(window);
  const mean = (y: Value): Value =>
    channelsLast(
      graph,
      pool(graph, 'AveragePool', channelsFirst(graph, fitted(graph, y, window, 0)), sliding, y.dtype),
    );
  if (sliding === window) return mean(x);
  const inside = mean(fill(graph, 1, x.shape, x.dtype)); // which part of each window is not padding
  return graph.node('Div', [mean(x), inside], window.outShape, x.dtype);
};

/** Flat positions `[batch, channels, …]` in NCHW as such in NHWC, without the batch's part or with it. */
function placesOf(graph: GraphBuilder, found: Value, window: Window, withBatch: boolean): Value {
  const { batchSize, inChannels, inHeight, inWidth } = window;
  const of = (op: string, a: Value, b: Value): Value => graph.node(op, [a, b], found.shape, 'int64');
  const pixels = graph.scalar(inHeight * inWidth, 'int64');
  const inImage = of('Mul', of('Mod', found, pixels), graph.scalar(inChannels, 'int64'));
  const starts = Array.from({ length: batchSize * inChannels }, (_, i) => {
    const example = Math.floor(i / inChannels);
    return (i % inChannels) + (withBatch ? example * inHeight * inWidth * inChannels : 0);
  });
  const start = graph.constant(dataOf(starts, 'int64'), [batchSize, inChannels, 1, 1], 'int64');
  return cast(graph, of('Add', inImage, start), 'int32');
}

export const pools: Record<string, Mapping> = {
  MaxPool: maxPool,
  AvgPool: averagePool,
  // Places are counted with channels last, in one example or in the batch.
  MaxPoolWithArgmax: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const window = poolingWindow(x.shape, attrs);
    if (slidingOver(window) !== window)
      throw unmapped('maxPoolWithArgmax with a padding that is not smaller than its window');
    const image = channelsFirst(graph, cast(graph, x, 'float32'));
    const largest = pool(graph, 'MaxPool', image, window, image.dtype);
    const found = pool(graph, 'MaxPool', image, window, 'int64', 1);
    const places = placesOf(graph, found, window, attrs.get<boolean>('includeBatchInIndex'));
    return [convert(graph, channelsLast(graph, largest), x.dtype), channelsLast(graph, places)];
  },
  // Every output's gradient goes to the (first) place of its maximum; windows that overlap add up.
  MaxPoolGrad: (inputs, attrs, graph) => {
    const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')];
    const window = poolingWindow(x.shape, attrs);
    const image = channelsFirst(graph, fitted(graph, x, window, -Infinity));
    const found = pool(graph, 'MaxPool', image, slidingOver(window), 'int64', 1);
    const places = reshape(graph, found, [elements(dy)]);
    const updates = reshape(graph, channelsFirst(graph, dy), [elements(dy)]);
    const zeros = fill(graph, 0, [elements(image)], dy.dtype);
    const dx = graph.node('ScatterElements', [zeros, places, updates], zeros.shape, dy.dtype, {
      attributes: { axis: 0, reduction: 'add' },
    });
    return unfitted(graph, channelsLast(graph, reshape(graph, dx, image.shape)), window);
  },
  // Like tfjs, divides by the whole window also where part of it is padding.
  AvgPoolGrad: (inputs, attrs, graph) => {
    const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')];
    const asked = poolingWindow(x.shape, attrs);
    const window = slidingOver(asked);
    const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = window;
    const images = batchSize * inChannels;
    const each = reshape(graph, channelsFirst(graph, dy), [images, 1, outHeight, outWidth]);
    const size = window.filterHeight * window.filterWidth;
    const shape = [1, 1, window.filterHeight, window.filterWidth];
    const filter = graph.constant(new Float32Array(size).fill(1 / size), shape, 'float32');
    const dx = graph.node('ConvTranspose', [each, filter], [images, 1, inHeight, inWidth], dy.dtype, {
      attributes: transposedAttributes(window),
    });
    const image = channelsLast(graph, reshape(graph, dx, [batchSize, inChannels, inHeight, inWidth]));
    return unfitted(graph, image, asked);
  },
};
