import * as tf from '@tensorflow/tfjs';
import { hostKernel } from './host-kernel';
import { registerSegmentSum } from './segment-sum';
import { safeMatMul, safeFusedMatMul } from './wasm-matmul';

type KernelArgs = Parameters<tf.KernelFunc>[0];

/** Kernels of the wasm backend that give wrong numbers, without an error, where the condition holds. */
const WRONG: Readonly<Record<string, (args: KernelArgs) => boolean>> = {
  OneHot: ({ attrs }) => attrs?.['dtype'] !== 'int32', // writes integers' bits into floats
  Cast: ({ attrs }) => attrs?.['dtype'] === 'bool', // keeps other values than 0 and 1
  MaxPoolGrad: () => true,
  FloorDiv: () => true, // divides in floats
  Conv2D: ({ attrs }) => attrs?.['dimRoundingMode'] !== undefined, // ignores it
  Conv3D: () => true, // leaves zeros, as do its gradients
  Conv3DBackpropFilterV2: () => true,
  Conv3DBackpropInputV2: () => true,
  StridedSlice: takesNoFloats, // these read integers' bits, or bytes, as floats
  Reverse: takesNoFloats,
  ClipByValue: takesNoFloats,
  IsNan: takesNoFloats,
  IsFinite: takesNoFloats,
  IsInf: takesNoFloats,
};

function takesNoFloats({ inputs }: KernelArgs): boolean {
  return Object.values(inputs).every((x) => x?.dtype !== 'float32');
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
