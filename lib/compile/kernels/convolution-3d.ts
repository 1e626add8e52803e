import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { Attribute, Value } from '../graph';
import { Attrs, input, Mapping, unmapped } from './kernel';
import { transpose } from './shape';
import { slice } from './slicing';

/** The geometry of a window that slides over a volume `[batch, depth, height, width, channels]`. */
type Window = tf.backend_util.Conv3DInfo;

type Shape5D = [number, number, number, number, number];
type Triple = [depth: number, height: number, width: number];

function windowOf(volume: readonly number[], filter: readonly number[], attrs: Attrs): Window {
  const window = tf.backend_util.computeConv3DInfo(
    [...volume] as Shape5D,
    [...filter] as Shape5D,
    attrs.get<Triple>('strides'),
    attrs.get<Triple | undefined>('dilations') ?? 1,
    attrs.get<'same'>('pad'),
  );
  const { front, top, left } = window.padInfo;
  // tfjs lets such a window start within the volume, unlike TensorFlow and ONNX.
  if (Math.min(front, top, left) < 0)
    throw unmapped('A 3D convolution with strides above its sizes and padding "same"');
  return window;
}

const stridesOf = (window: Window): Triple => [window.strideDepth, window.strideHeight, window.strideWidth];
const sizesOf = (window: Window): Triple => [window.filterDepth, window.filterHeight, window.filterWidth];

/** Padding that the window needs after the volume; negative where it does not reach the volume's end. */
function endPadding(window: Window): Triple {
  const { padInfo } = window;
  const end = (out: number, stride: number, size: number, length: number, before: number) =>
    (out - 1) * stride + size - length - before;
  return [
    end(window.outDepth, window.strideDepth, window.effectiveFilterDepth, window.inDepth, padInfo.front),
    end(window.outHeight, window.strideHeight, window.effectiveFilterHeight, window.inHeight, padInfo.top),
    end(window.outWidth, window.strideWidth, window.effectiveFilterWidth, window.inWidth, padInfo.left),
  ];
}

function paddingOf(window: Window): number[] {
  const { front, top, left } = window.padInfo;
  return [front, top, left, ...endPadding(window).map((size) => Math.max(size, 0))];
}

function attributesOf(window: Window): Record<string, Attribute> {
  return {
    kernel_shape: sizesOf(window),
    strides: stridesOf(window),
    dilations: [window.dilationDepth, window.dilationHeight, window.dilationWidth],
    pads: paddingOf(window),
  };
}

/** A filter `[depth, height, width, inputs, outputs]` as ONNX's `[outputs, inputs, depth, height, width]`. */
const filterFirst = (graph: GraphBuilder, filter: Value): Value => transpose(graph, filter, [4, 3, 0, 1, 2]);
const channelsFirst = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 4, 1, 2, 3]);
const channelsLast = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 2, 3, 4, 1]);
/** Channels take the batch's place, so that a convolution sums over the batch. */
const batchSecond = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [4, 0, 1, 2, 3]);

/** Convolutions of volumes, `NDHWC`, and their gradients. */
export const convolution3d: Record<string, Mapping> = {
  Conv3D: (inputs, attrs, graph) => {
    const [x, filter] = [input(inputs, 'x'), input(inputs, 'filter')];
    const window = windowOf(x.shape, filter.shape, attrs);
    const { batchSize, outChannels, outDepth, outHeight, outWidth } = window;
    const operands = [channelsFirst(graph, x), filterFirst(graph, filter)];
    const shape = [batchSize, outChannels, outDepth, outHeight, outWidth];
    return channelsLast(
      graph,
      graph.node('Conv', operands, shape, x.dtype, { attributes: attributesOf(window) }),
    );
  },
  Conv3DBackpropInputV2: (inputs, attrs, graph) => {
    const [dy, filter] = [input(inputs, 'dy'), input(inputs, 'filter')];
    const window = windowOf(attrs.get<number[]>('inputShape'), filter.shape, attrs);
    const { batchSize, inChannels, inDepth, inHeight, inWidth } = window;
    const uncovered = endPadding(window).map((size) => Math.max(-size, 0));
    const operands = [channelsFirst(graph, dy), filterFirst(graph, filter)];
    const shape = [batchSize, inChannels, inDepth, inHeight, inWidth];
    const attributes = { ...attributesOf(window), output_padding: uncovered };
    return channelsLast(graph, graph.node('ConvTranspose', operands, shape, dy.dtype, { attributes }));
  },
  // x convolved with dy over the batch: what is a stride between outputs is a dilation between the places of dy.
  Conv3DBackpropFilterV2: (inputs, attrs, graph) => {
    const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
    const window = windowOf(x.shape, attrs.get<number[]>('filterShape'), attrs);
    const { inChannels, outChannels, outDepth, outHeight, outWidth } = window;
    const sizes = sizesOf(window);
    const uncovered = endPadding(window).map((size) => Math.max(-size, 0));
    const attributes = {
      kernel_shape: [outDepth, outHeight, outWidth],
      strides: [1, 1, 1],
      dilations: stridesOf(window),
      pads: paddingOf(window),
    };
    const shape = [inChannels, outChannels, ...sizes.map((size, i) => size + uncovered[i]!)];
    const operands = [batchSecond(graph, x), batchSecond(graph, dy)];
    const sums = graph.node('Conv', operands, shape, x.dtype, { attributes });
    const filter = slice(graph, sums, [0, 0, 0, 0, 0], [inChannels, outChannels, ...sizes]);
    return transpose(graph, filter, [2, 3, 4, 0, 1]);
  },
};
