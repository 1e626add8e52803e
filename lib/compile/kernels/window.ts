import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { Attribute, Value } from '../graph';
import { Attrs, unmapped } from './kernel';
import { transpose } from './shape';

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

/** NHWC to NCHW, as ONNX wants its images. */
export const channelsFirst = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 3, 1, 2]);

/** NCHW to NHWC. */
export const channelsLast = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 2, 3, 1]);
