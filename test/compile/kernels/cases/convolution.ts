import * as tf from '@tensorflow/tfjs';
import { floats, KernelCase } from '../harness';

type Image = tf.Tensor4D;
type Pad = 'same' | 'valid' | number;

/** Strides, padding and dilations, with image sizes that leave a rest or not. */
const DENSE: [image: number[], filter: number[], stride: number | [number, number], pad: Pad][] = [
  [[2, 5, 5, 3], [3, 3, 3, 4], 1, 'same'],
  [[2, 5, 5, 3], [3, 3, 3, 4], 1, 'valid'],
  [[2, 6, 7, 2], [3, 2, 2, 3], 2, 'same'],
  [[2, 6, 7, 2], [3, 2, 2, 3], 2, 'valid'],
  [[1, 8, 7, 2], [3, 3, 2, 2], [3, 2], 'valid'],
  [[1, 8, 7, 2], [1, 1, 2, 2], [3, 2], 'same'],
  [[1, 5, 5, 2], [3, 3, 2, 2], 1, 1],
  [[1, 5, 4, 2], [2, 2, 2, 2], 2, 3],
  [[1, 6, 7, 1], [3, 3, 1, 1], [2, 1], 1],
  [[1, 6, 7, 1], [3, 2, 1, 2], [1, 3], 1],
];
const DEPTHWISE: typeof DENSE = [
  [[2, 5, 5, 3], [3, 3, 3, 1], 1, 'same'],
  [[2, 6, 7, 2], [3, 2, 2, 3], 2, 'valid'],
  [[1, 6, 6, 2], [3, 3, 2, 2], 2, 'same'],
  [[1, 5, 4, 2], [2, 2, 2, 1], [2, 1], 2],
];

const VOLUMES: [
  volume: number[],
  filter: number[],
  stride: number | [number, number, number],
  pad: 'same' | 'valid',
][] = [
  [[2, 4, 4, 4, 2], [2, 3, 2, 2, 3], 1, 'same'],
  [[2, 4, 5, 4, 2], [2, 2, 3, 2, 3], 1, 'valid'],
  [[1, 5, 4, 6, 2], [3, 2, 2, 2, 2], 2, 'valid'],
  [[2, 5, 4, 3, 1], [3, 3, 1, 1, 2], [2, 1, 1], 'same'],
];

type Volume = tf.Tensor5D;

const volumes = (kernel: string): KernelCase[] =>
  VOLUMES.map(([volume, filter, stride, pad]) => ({
    kernel,
    what: `[${volume}] by [${filter}], stride ${stride}, ${pad}`,
    run: (x, w) => tf.conv3d(x as Volume, w as Volume, stride, pad),
    inputs: [floats(volume, filter)],
  }));

type Run = (x: Image, filter: Image, stride: number | [number, number], pad: Pad) => tf.Tensor;

/** A case per geometry of a convolution; the kernel may be one of its gradient's. */
const convolutions = (kernel: string, table: typeof DENSE, run: Run): KernelCase[] =>
  table.map(([image, filter, stride, pad]) => ({
    kernel,
    what: `[${image}] by [${filter}], stride ${stride}, ${pad}`,
    run: (x, w) => run(x as Image, w as Image, stride, pad),
    inputs: [floats(image, filter)],
  }));

const biased = floats([2, 5, 5, 3], [3, 3, 3, 3], [3]);

export const convolutionCases: KernelCase[] = [
  ...convolutions('Conv2D', DENSE, (x, w, stride, pad) => tf.conv2d(x, w, stride, pad)),
  ...convolutions('DepthwiseConv2dNative', DEPTHWISE, (x, w, stride, pad) =>
    tf.depthwiseConv2d(x, w, stride, pad),
  ),
  {
    kernel: 'Conv2D',
    what: 'dilated',
    run: (x, w) => tf.conv2d(x as Image, w as Image, 1, 'same', 'NHWC', [2, 1]),
    inputs: [floats([2, 6, 5, 3], [3, 3, 3, 4])],
    gradient: false, // tfjs has no gradient for dilated convolutions
  },
  {
    kernel: 'Conv2D',
    what: 'that rounds its size up',
    run: (x, w) => tf.conv2d(x as Image, w as Image, 2, 0, 'NHWC', 1, 'ceil'),
    inputs: [floats([1, 6, 6, 2], [3, 3, 2, 2])],
    gradient: false, // tfjs's own gradient fails here
  },
  {
    kernel: 'Conv2D',
    what: 'of a sequence',
    run: (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, 'same'),
    inputs: [floats([2, 7, 3], [3, 3, 4])],
  },
  {
    kernel: 'Conv2DBackpropInput',
    what: 'as a transposed convolution',
    run: (x, w) => tf.conv2dTranspose(x as Image, w as Image, [2, 6, 6, 4], 2, 'same'),
    inputs: [floats([2, 3, 3, 2], [3, 3, 4, 2])],
  },
  {
    kernel: 'Conv2DBackpropFilter',
    run: (x, w) => tf.conv2d(x as Image, w as Image, 1, 'valid'),
    inputs: [floats([1, 3, 3, 1], [3, 3, 1, 1]), floats([3, 9, 4, 2], [5, 3, 2, 6])],
  },
  {
    kernel: 'FusedConv2D',
    run: (x, filter, bias) =>
      tf.fused.conv2d({
        x: x as Image,
        filter: filter as Image,
        strides: 1,
        pad: 'same',
        bias,
        activation: 'relu',
      }),
    inputs: [biased],
    gradient: false, // tfjs does not fuse where gradients are taken
  },
  {
    kernel: 'FusedDepthwiseConv2D',
    run: (x, filter, bias) =>
      tf.fused.depthwiseConv2d({
        x: x as Image,
        filter: filter as Image,
        strides: 1,
        pad: 'valid',
        bias: bias!.tile([3]),
        activation: 'relu6',
      }),
    inputs: [biased],
    gradient: false,
  },
  {
    kernel: 'DepthwiseConv2dNative',
    what: 'dilated',
    run: (x, w) => tf.depthwiseConv2d(x as Image, w as Image, 1, 'same', 'NHWC', 2),
    inputs: [floats([1, 6, 5, 3], [3, 3, 3, 2])],
    gradient: false,
  },
  {
    kernel: 'DepthwiseConv2dNativeBackpropInput',
    run: (x, w) => tf.depthwiseConv2d(x as Image, w as Image, 1, 1),
    inputs: [floats([2, 4, 4, 2], [3, 3, 2, 2])],
  },
  {
    kernel: 'DepthwiseConv2dNativeBackpropFilter',
    what: 'with a pointwise filter after it',
    run: (x, w, pointwise) => tf.separableConv2d(x as Image, w as Image, pointwise as Image, 1, 'same'),
    inputs: [floats([2, 4, 4, 2], [3, 3, 2, 2], [1, 1, 4, 3])],
  },
  ...volumes('Conv3D'),
  ...volumes('Conv3DBackpropFilterV2').slice(2),
  ...volumes('Conv3DBackpropInputV2').slice(2),
  {
    kernel: 'Conv3D',
    what: 'dilated',
    run: (x, w) => tf.conv3d(x as Volume, w as Volume, 1, 'same', 'NDHWC', [2, 1, 2]),
    inputs: [floats([2, 6, 5, 4, 2], [2, 3, 2, 2, 3])],
    gradient: false, // tfjs has no gradient for dilated convolutions
  },
  {
    kernel: 'Conv3DBackpropInputV2',
    what: 'as a transposed convolution',
    run: (x, w) => tf.conv3dTranspose(x as Volume, w as Volume, [2, 6, 6, 6, 4], 2, 'same'),
    inputs: [floats([2, 3, 3, 3, 2], [3, 2, 3, 4, 2])],
    gradient: false, // tfjs has none
  },
];
