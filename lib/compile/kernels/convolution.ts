import { GraphBuilder } from '../builder';
import { elements, Value } from '../graph';
import { fill } from './creation';
import { Attrs, input, Mapping } from './kernel';
import { activate, addBias } from './matmul';
import { reshape } from '../reshape';
import { transpose } from './shape';
import { concat, slice } from './slicing';
import {
  channelsFirst,
  channelsLast,
  convolutionWindow,
  fitted,
  padded,
  slidingOver,
  transposedAttributes,
  unfitted,
  Window,
  windowAttributes,
} from './window';

/** A filter `[height, width, inputs, outputs]` as ONNX's `[outputs, inputs, height, width]`. */
const denseFilter = (graph: GraphBuilder, filter: Value): Value => transpose(graph, filter, [3, 2, 0, 1]);

/** A depthwise filter `[height, width, channels, multiplier]` as `[channels · multiplier, 1, height, width]`. */
function depthwiseFilter(graph: GraphBuilder, filter: Value): Value {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  return transpose(graph, reshape(graph, filter, [height, width, channels * multiplier, 1]), [2, 3, 0, 1]);
}

/** `Conv` of an NHWC image with a filter in ONNX's layout. */
function convolve(graph: GraphBuilder, x: Value, filter: Value, asked: Window, group: number): Value {
  if (elements(filter) === 0) return fill(graph, 0, asked.outShape, x.dtype); // a sum of nothing
  const [image, window] = [fitted(graph, x, asked, 0), slidingOver(asked)];
  const shape = [window.batchSize, window.outChannels, window.outHeight, window.outWidth];
  const attributes = { ...windowAttributes(window), group };
  return channelsLast(
    graph,
    graph.node('Conv', [channelsFirst(graph, image), filter], shape, x.dtype, { attributes }),
  );
}

/** The gradient of `convolve` with respect to its image. */
function spread(graph: GraphBuilder, dy: Value, filter: Value, asked: Window, group: number): Value {
  const window = slidingOver(asked);
  const shape = [window.batchSize, window.inChannels, window.inHeight, window.inWidth];
  const attributes = { ...transposedAttributes(window), group };
  const dx = graph.node('ConvTranspose', [channelsFirst(graph, dy), filter], shape, dy.dtype, { attributes });
  return unfitted(graph, channelsLast(graph, dx), asked);
}

function conv2d(inputs: Readonly<Record<string, Value>>, attrs: Attrs, graph: GraphBuilder): Value {
  const [x, filter] = [input(inputs, 'x'), input(inputs, 'filter')];
  const window = convolutionWindow(x.shape, filter.shape, attrs);
  return convolve(graph, x, denseFilter(graph, filter), window, 1);
}

function depthwiseConv2d(inputs: Readonly<Record<string, Value>>, attrs: Attrs, graph: GraphBuilder): Value {
  const [x, filter] = [input(inputs, 'x'), input(inputs, 'filter')];
  const window = convolutionWindow(x.shape, filter.shape, attrs, true);
  return convolve(graph, x, depthwiseFilter(graph, filter), window, window.inChannels);
}

/** What each place of the filter saw: for every `[row, column]` of it, the image's pixels `[batch, outHeight, outWidth, channels]`. */
function patches(graph: GraphBuilder, x: Value, window: Window): Value[] {
  const { batchSize, inChannels, outHeight, outWidth, strideHeight, strideWidth } = window;
  const image = padded(graph, x, window, 0);
  const places = Array.from({ length: window.filterHeight * window.filterWidth }, (_, i) => [
    Math.floor(i / window.filterWidth) * window.dilationHeight,
    (i % window.filterWidth) * window.dilationWidth,
  ]);
  return places.map(([top, left]) =>
    slice(
      graph,
      image,
      [0, top!, left!, 0],
      [batchSize, outHeight, outWidth, inChannels],
      [1, strideHeight, strideWidth, 1],
    ),
  );
}

export const convolution: Record<string, Mapping> = {
  Conv2D: conv2d,
  FusedConv2D: (inputs, attrs, graph) =>
    activate(graph, addBias(graph, conv2d(inputs, attrs, graph), inputs), inputs, attrs),
  Conv2DBackpropInput: (inputs, attrs, graph) => {
    const [dy, filter] = [input(inputs, 'dy'), input(inputs, 'filter')];
    const window = convolutionWindow(attrs.get<number[]>('inputShape'), filter.shape, attrs);
    return spread(graph, dy, denseFilter(graph, filter), window, 1);
  },
  // One matmul over all pixels: patchesᵀ [height · width · inputs, pixels] · dy [pixels, outputs].
  Conv2DBackpropFilter: (inputs, attrs, graph) => {
    const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
    const filterShape = attrs.get<number[]>('filterShape');
    const window = convolutionWindow(x.shape, filterShape, attrs);
    const seen = concat(graph, patches(graph, x, window), 3);
    const [inner, outputs] = [seen.shape[3]!, window.outChannels];
    const pixels = elements(dy) / outputs;
    const operands = [reshape(graph, seen, [pixels, inner]), reshape(graph, dy, [pixels, outputs])];
    const product = graph.node('FusedMatMul', operands, [inner, outputs], x.dtype, {
      attributes: { transA: 1, transB: 0 },
      domain: 'com.microsoft',
    });
    return reshape(graph, product, filterShape);
  },
  DepthwiseConv2dNative: depthwiseConv2d,
  FusedDepthwiseConv2D: (inputs, attrs, graph) =>
    activate(graph, addBias(graph, depthwiseConv2d(inputs, attrs, graph), inputs), inputs, attrs),
  DepthwiseConv2dNativeBackpropInput: (inputs, attrs, graph) => {
    const [dy, filter] = [input(inputs, 'dy'), input(inputs, 'filter')];
    const window = convolutionWindow(attrs.get<number[]>('inputShape'), filter.shape, attrs, true);
    return spread(graph, dy, depthwiseFilter(graph, filter), window, window.inChannels);
  },
  // For each place of the filter, Σ over pixels of patch [pixels, channels, 1] · dy [pixels, channels, multiplier].
  DepthwiseConv2dNativeBackpropFilter: (inputs, attrs, graph) => {
    const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
    const filterShape = attrs.get<number[]>('filterShape');
    const [, , channels, multiplier] = filterShape as [number, number, number, number];
    const window = convolutionWindow(x.shape, filterShape, attrs, true);
    const pixels = elements(dy) / (channels * multiplier);
    const dyRows = reshape(graph, dy, [pixels, channels, multiplier]);
    const sums = patches(graph, x, window).map((patch) => {
      const rows = reshape(graph, patch, [pixels, channels, 1]);
      const product = graph.node('Mul', [rows, dyRows], dyRows.shape, x.dtype);
      const shape = [1, channels, multiplier];
      return graph.node('ReduceSum', [product, graph.ints([0])], shape, x.dtype, {
        attributes: { keepdims: 1 },
      });
    });
    return reshape(graph, concat(graph, sums, 0), filterShape);
  },
};
