import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { Attribute, Value } from '../graph';
import { Attrs, unmapped } from './kernel';
import { pad } from './padding';
import { transpose } from './shape';
import { slice } from './slicing';

/** The geometry of a sliding window over an image `[batch, height, width, channels]`. */
export type Window = tf.backend_util.Conv2DInfo;

type Shape4D = [number, number, number, number];

/** The window of a convolution. */
export function convolutionWindow(
  image: readonly number[],
  filter: readonly number[],
  attrs: Attrs,
  depthwise = false,
): Window {
  if ((attrs.get<string | undefined>('dataFormat') ?? 'NHWC') !== 'NHWC') {
    throw unmapped('A convolution with dataFormat NCHW');
  }
  return tf.backend_util.computeConv2DInfo(
    [...image] as Shape4D,
    [...filter] as Shape4D,
    attrs.get<[number, number]>('strides'),
    attrs.get<[number, number] | undefined>('dilations') ?? 1,
    attrs.get<'same'>('pad'),
    attrs.get<'floor' | undefined>('dimRoundingMode'),
    depthwise,
  );
}

/** The window of a pooling. */
export function poolingWindow(image: readonly number[], attrs: Attrs): Window {
  return tf.backend_util.computePool2DInfo(
    [...image] as Shape4D,
    attrs.get<[number, number]>('filterSize'),
    attrs.get<[number, number]>('strides'),
    1,
    attrs.get<'same'>('pad'),
    attrs.get<'floor' | undefined>('dimRoundingMode'),
  );
}

/** Padding that the window needs after the image; negative where it does not reach the image's end. */
export function endPadding(window: Window): [height: number, width: number] {
  const { outHeight, outWidth, strideHeight, strideWidth, padInfo } = window;
  const height = (outHeight - 1) * strideHeight + window.effectiveFilterHeight;
  const width = (outWidth - 1) * strideWidth + window.effectiveFilterWidth;
  return [height - window.inHeight - padInfo.top, width - window.inWidth - padInfo.left];
}

/** The attributes of `Conv` and the pools. */
export function windowAttributes(window: Window): Record<string, Attribute> {
  const { padInfo } = window;
  return {
    kernel_shape: [window.filterHeight, window.filterWidth],
    strides: [window.strideHeight, window.strideWidth],
    dilations: [window.dilationHeight, window.dilationWidth],
    pads: [padInfo.top, padInfo.left, ...endPadding(window).map((size) => Math.max(size, 0))],
  };
}

/** The attributes of `ConvTranspose` from the window's outputs back to the image. */
export function transposedAttributes(window: Window): Record<string, Attribute> {
  const uncovered = endPadding(window).map((size) => Math.max(-size, 0));
  return { ...windowAttributes(window), output_padding: uncovered };
}

/** An image with the window's padding around it, filled with a number. */
export function padded(graph: GraphBuilder, x: Value, window: Window, value: number): Value {
  const { top, left } = window.padInfo;
  const [bottom, right] = endPadding(window).map((size) => Math.max(size, 0)) as [number, number];
  const paddings = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ] as const;
  return pad(graph, x, paddings, value);
}

/**
 * The window that needs no padding to slide over all of its image, which `fitted` makes, where ONNX has no attributes for the one that
 * tfjs has: whose padding is not smaller than itself, or which leaves a stride or more of the image alone (where the padding is a
 * number, tfjs computes both sizes of the output from one stride). The same window otherwise.
 */
export function slidingOver(window: Window): Window {
  if (isPlain(window)) return window;
  const { outHeight, outWidth, strideHeight, strideWidth } = window;
  const inHeight = (outHeight - 1) * strideHeight + window.effectiveFilterHeight;
  const inWidth = (outWidth - 1) * strideWidth + window.effectiveFilterWidth;
  return { ...window, inHeight, inWidth, padInfo: { top: 0, left: 0, bottom: 0, right: 0, type: 'VALID' } };
}

/** An image as `slidingOver` wants it: with the window's padding around it, of a number, and without what the window leaves alone. */
export function fitted(graph: GraphBuilder, x: Value, window: Window, value: number): Value {
  if (isPlain(window)) return x;
  const { batchSize, inHeight, inWidth, inChannels } = slidingOver(window);
  const size = [batchSize, inHeight, inWidth, inChannels];
  return slice(graph, padded(graph, x, window, value), [0, 0, 0, 0], size);
}

/** The gradient of an image from that of the fitted one. */
export function unfitted(graph: GraphBuilder, dx: Value, window: Window): Value {
  if (isPlain(window)) return dx;
  const [bottom, right] = endPadding(window).map((size) => Math.max(-size, 0)) as [number, number];
  const { top, left } = window.padInfo;
  const whole = pad(
    graph,
    dx,
    [
      [0, 0],
      [0, bottom],
      [0, right],
      [0, 0],
    ],
    0,
  );
  return slice(graph, whole, [0, top, left, 0], window.inShape);
}

function isPlain(window: Window): boolean {
  const { padInfo, filterHeight, filterWidth, strideHeight, strideWidth } = window;
  const [bottom, right] = endPadding(window);
  const isSmall = Math.max(padInfo.top, bottom) < filterHeight && Math.max(padInfo.left, right) < filterWidth;
  return isSmall && -bottom < strideHeight && -right < strideWidth;
}

/** NHWC to NCHW, as ONNX wants its images. */
export const channelsFirst = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 3, 1, 2]);

/** NCHW to NHWC. */
export const channelsLast = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 2, 3, 1]);
