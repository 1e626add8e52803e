import * as tf from '@tensorflow/tfjs';
import { hostKernel } from './host-kernel';
import { registerSegmentSum } from './segment-sum';
import { safeMatMul, safeFusedMatMul } from './wasm-matmul';

type KernelArgs = Parameters<tf.KernelFunc>[0];

/** Kernels that leave what was in memory where they are given booleans, or refuse them. */
const OF_NUMBERS =
  'Abs Cumsum Exp LeakyRelu Mod Neg RealDiv Relu Relu6 Round Selu Sign Softplus Square Step'.split(' ');

/** Kernels of the wasm backend that give wrong numbers, without an error, where the condition holds. */
const WRONG: Readonly<Record<string, (args: KernelArgs) => boolean>> = {
  OneHot: ({ attrs }) => attrs?.['dtype'] !== 'int32', // writes integers' bits into floats
  Cast: ({ attrs }) => attrs?.['dtype'] === 'bool', // keeps other values than 0 and 1
  MaxPoolGrad: () => true,
  FloorDiv: () => true, // divides in floats
  Conv2D: (args) => args.attrs?.['dimRoundingMode'] !== undefined || isUneven(args), // ignores it
  DepthwiseConv2dNative: isUneven,
  Conv2DBackpropInput: isUneven,
  Conv3D: () => true, // leaves zeros, as do its gradients
  Conv3DBackpropFilterV2: () => true,
  Conv3DBackpropInputV2: () => true,
  MaxPool3D: () => true, // of negative numbers: a number just above 0
  MaxPool3DGrad: () => true,
  MaxPoolWithArgmax: () => true,
  MaxPool: (args) => takesNoFloats(args) || isPaddedByNumber(args),
  AvgPool: isPaddedByNumber,
  GatherV2: (args) => (args.attrs?.['batchDims'] as number) > 0 || isEmpty(args), // takes the first example's for all
  StridedSlice: takesNoFloats, // these read integers' bits, or bytes, as floats
  Reverse: takesNoFloats,
  ClipByValue: takesNoFloats,
  IsNan: takesNoFloats,
  IsFinite: takesNoFloats,
  IsInf: takesNoFloats,
  ResizeNearestNeighbor: takesNoFloats,
  Reciprocal: takesNoFloats,
  Pow: takesNoFloats, // of a negative power
  Prelu: takesIntegers,
  ...Object.fromEntries(OF_NUMBERS.map((name) => [name, takesBooleans])),
  Max: isEmpty, // leave what was in memory
  Min: isEmpty,
  Prod: isEmpty,
  Mean: isEmpty,
  BatchMatMul: isEmpty,
};

function takesNoFloats({ inputs }: KernelArgs): boolean {
  return Object.values(inputs).every((x) => x?.dtype !== 'float32');
}

function takesBooleans({ inputs }: KernelArgs): boolean {
  return Object.values(inputs).some((x) => x?.dtype === 'bool');
}

function takesIntegers({ inputs }: KernelArgs): boolean {
  return Object.values(inputs).some((x) => x?.dtype !== 'float32');
}

function isEmpty({ inputs }: KernelArgs): boolean {
  return Object.values(inputs).some((x) => x?.shape.includes(0));
}

/** Windows may then lie in the padding alone, of which the kernel takes what is in memory. */
function isPaddedByNumber({ attrs }: KernelArgs): boolean {
  return typeof attrs?.['pad'] !== 'string';
}

/** Windows may then lie beyond the image, where the kernel reads on: tfjs computes both sizes of the output from one stride and size. */
function isUneven(args: KernelArgs): boolean {
  const [strideHeight, strideWidth] = [args.attrs?.['strides']].flat(); // one number for both
  const [height, width] = args.inputs['filter']?.shape ?? [];
  return isPaddedByNumber(args) && ((strideWidth ?? strideHeight) !== strideHeight || height !== width);
}

let fixed = false;

/**
 * Makes the wasm backend of tfjs 4.22 train correctly:
 * - kernels that it lacks or that give wrong numbers run in host memory instead, as the cpu backend has them;
 * - the segment sum, every embedding's gradient, is one that makes a single pass (see `registerSegmentSum`);
 * - matmuls are made right, and forty times faster when transposed (see wasm-matmul.ts).
 *
 * What stays different: NaN may come out as a number where the backend clips or compares (`relu6`, `maximum`).
 */
export function fixWasm(): void {
  if (fixed) return;
  fixed = true;
  registerSegmentSum('wasm');
  for (const [name, isWrong] of Object.entries(WRONG)) {
    replaceKernel(name, (original) => (args) => (isWrong(args) ? hostKernel(name)(args) : original(args)));
  }
  const matMul = replaceKernel('BatchMatMul', safeMatMul);
  replaceKernel('_FusedMatMul', (original) => safeFusedMatMul(original, matMul));
  const missing = tf
    .getKernelsForBackend('cpu')
    .filter(({ kernelName }) => !tf.getKernel(kernelName, 'wasm'));
  for (const { kernelName } of missing) {
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: hostKernel(kernelName) });
  }
}

function replaceKernel(name: string, replacement: (original: tf.KernelFunc) => tf.KernelFunc): tf.KernelFunc {
  const config = tf.getKernel(name, 'wasm'); // its setupFunc stays: it binds the backend's compiled functions
  const kernelFunc = replacement(config.kernelFunc);
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({ ...config, kernelFunc });
  return kernelFunc;
}
