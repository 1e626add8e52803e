import { GraphBuilder } from '../builder';
import { Value } from '../graph';
import { input, Mapping } from './kernel';
import { transpose } from './shape';
import { slice } from './slicing';
import {
  attributesOf,
  channelsFirst3d,
  channelsLast3d,
  convolutionWindow3d,
  paddingOf,
  sizesOf,
  stridesOf,
  uncoveredBy,
} from './window-3d';

/** A filter `[depth, height, width, inputs, outputs]` as ONNX's `[outputs, inputs, depth, height, width]`. */
const filterFirst = (graph: GraphBuilder, filter: Value): Value => transpose(graph, filter, [4, 3, 0, 1, 2]);
/** Channels take the batch's place, so that a convolution sums over the batch. */
const batchSecond = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [4, 0, 1, 2, 3]);

/** Convolutions of volumes, `NDHWC`, and their gradients. */
export const convolution3d: Record<string, Mapping> = {
  Conv3D: (inputs, attrs, graph) => {
    const [x, filter] = [input(inputs, 'x'), input(inputs, 'filter')];
    const window = convolutionWindow3d(x.shape, filter.shape, attrs);
    const { batchSize, outChannels, outDepth, outHeight, outWidth } = window;
    const operands = [channelsFirst3d(graph, x), filterFirst(graph, filter)];
    const shape = [batchSize, outChannels, outDepth, outHeight, outWidth];
    return channelsLast3d(
      graph,
      graph.node('Conv', operands, shape, x.dtype, { attributes: attributesOf(window) }),
    );
  },
  Conv3DBackpropInputV2: (inputs, attrs, graph) => {
    const [dy, filter] = [input(inputs, 'dy'), input(inputs, 'filter')];
    const window = convolutionWindow3d(attrs.get<number[]>('inputShape'), filter.shape, attrs);
    const { batchSize, inChannels, inDepth, inHeight, inWidth } = window;
    const uncovered = uncoveredBy(window);
    const operands = [channelsFirst3d(graph, dy), filterFirst(graph, filter)];
    const shape = [batchSize, inChannels, inDepth, inHeight, inWidth];
    const attributes = { ...attributesOf(window), output_padding: uncovered };
    return channelsLast3d(graph, graph.node('ConvTranspose', operands, shape, dy.dtype, { attributes }));
  },
  // x convolved with dy over the batch: what is a stride between outputs is a dilation between the places of dy.
  Conv3DBackpropFilterV2: (inputs, attrs, graph) => {
    const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
    const window = convolutionWindow3d(x.shape, attrs.get<number[]>('filterShape'), attrs);
    const { inChannels, outChannels, outDepth, outHeight, outWidth } = window;
    const sizes = sizesOf(window);
    const uncovered = uncoveredBy(window);
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
