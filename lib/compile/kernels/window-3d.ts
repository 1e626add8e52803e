import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { Attribute, Value } from '../graph';
import { Attrs, unmapped } from './kernel';
import { transpose } from './shape';

/** The geometry of a window that slides over a volume `[batch, depth, height, width, channels]`. */
export type Window3d = tf.backend_util.Conv3DInfo;

type Shape5D = [number, number, number, number, number];
export type Triple = [depth: number, height: number, width: number];

/** The window of a convolution. */
export function convolutionWindow3d(
  volume: readonly number[],
  filter: readonly number[],
  attrs: Attrs,
): Window3d {
  const window = tf.backend_util.computeConv3DInfo(
    [...volume] as Shape5D,
    [...filter] as Shape5D,
    attrs.get<Triple>('strides'),
    attrs.get<Triple | undefined>('dilations') ?? 1,
    attrs.get<'same'>('pad'),
  );
  return startingOutside(window, 'convolution');
}

/** The window of a pooling. */
export function poolingWindow3d(volume: readonly number[], attrs: Attrs): Window3d {
  const window = tf.backend_util.computePool3DInfo(
    [...volume] as Shape5D,
    attrs.get<Triple>('filterSize'),
    attrs.get<Triple>('strides'),
    1,
    attrs.get<'same'>('pad'),
    attrs.get<'floor' | undefined>('dimRoundingMode'),
  );
  const sizes = sizesOf(window);
  if (paddingOf(window).some((padding, i) => padding >= sizes[i % 3]!))
    throw unmapped('A 3D pooling with a padding that is not smaller than its window');
  return startingOutside(window, 'pooling');
}

/** tfjs lets a window with strides above its sizes start within the volume, unlike TensorFlow and ONNX. */
function startingOutside(window: Window3d, what: string): Window3d {
  const { front, top, left } = window.padInfo;
  if (Math.min(front, top, left) >= 0) return window;
  throw unmapped(`A 3D ${what} with strides above its sizes and padding "same"`);
}

export const stridesOf = (window: Window3d): Triple => [
  window.strideDepth,
  window.strideHeight,
  window.strideWidth,
];
export const sizesOf = (window: Window3d): Triple => [
  window.filterDepth,
  window.filterHeight,
  window.filterWidth,
];

/** Padding that the window needs after the volume; negative where it does not reach the volume's end. */
function endPadding(window: Window3d): Triple {
  const { padInfo } = window;
  const end = (out: number, stride: number, size: number, length: number, before: number) =>
    (out - 1) * stride + size - length - before;
  return [
    end(window.outDepth, window.strideDepth, window.effectiveFilterDepth, window.inDepth, padInfo.front),
    end(window.outHeight, window.strideHeight, window.effectiveFilterHeight, window.inHeight, padInfo.top),
    end(window.outWidth, window.strideWidth, window.effectiveFilterWidth, window.inWidth, padInfo.left),
  ];
}

/** Paddings before and after the volume, as ONNX has them. */
export function paddingOf(window: Window3d): number[] {
  const { front, top, left } = window.padInfo;
  return [front, top, left, ...endPadding(window).map((size) => Math.max(size, 0))];
}

/** The attributes of `Conv` and the pools. */
export function attributesOf(window: Window3d): Record<string, Attribute> {
  return {
    kernel_shape: sizesOf(window),
    strides: stridesOf(window),
    dilations: [window.dilationDepth, window.dilationHeight, window.dilationWidth],
    pads: paddingOf(window),
  };
}

/** How much of the volume's end the window does not reach. */
export function uncoveredBy(window: Window3d): number[] {
  return endPadding(window).map((size) => Math.max(-size, 0));
}

/** NDHWC to NCDHW, as ONNX wants its volumes. */
export const channelsFirst3d = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 4, 1, 2, 3]);
/** NCDHW to NDHWC. */
export const channelsLast3d = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 2, 3, 4, 1]);
