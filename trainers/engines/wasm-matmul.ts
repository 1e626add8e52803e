import * as tf from '@tensorflow/tfjs';
import { hostKernel } from './host-kernel';

/** Attributes of tfjs's matmul kernels; operands are [batch, rows, columns] there. */
interface MatMulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

type KernelArgs = Parameters<tf.KernelFunc>[0];

/**
 * The wasm backend's matmul on operands transposed beforehand: with a transpose flag it runs a naive loop, up to forty times
 * slower. Integers, which it does not take, are multiplied in host memory.
 */
export function safeMatMul(original: tf.KernelFunc): tf.KernelFunc {
  const onHost = hostKernel('BatchMatMul');
  return (args) => {
    const floats = Object.values(args.inputs).every((x) => x?.dtype === 'float32');
    return floats ? untransposed(original, args) : onHost(args);
  };
}

/** The wasm backend's fused matmul gives wrong numbers for a bias and transposed or batched operands: those run unfused. */
export function safeFusedMatMul(original: tf.KernelFunc, matMul: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { a, b, bias } = args.inputs as Record<string, tf.TensorInfo | undefined>;
    const batched = [a, b].some((operand) => operand?.shape.slice(0, -2).some((size) => size !== 1));
    return bias && batched ? unfused(matMul, args) : untransposed(original, args);
  };
}

/** Runs a matmul kernel on operands transposed beforehand. */
function untransposed(matMul: tf.KernelFunc, { inputs, attrs, backend }: KernelArgs): tf.TensorInfo {
  const { transposeA, transposeB } = attrs as unknown as MatMulAttrs;
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const left = transposeA ? transpose(a, backend) : a;
  const right = transposeB ? transpose(b, backend) : b;
  const product = matMul({
    inputs: { ...inputs, a: left, b: right },
    attrs: { ...attrs, transposeA: false, transposeB: false },
    backend,
  });
  if (transposeA) release(left, backend);
  if (transposeB) release(right, backend);
  return product as tf.TensorInfo;
}

/** activation(a · b + bias) in three kernels. */
function unfused(matMul: tf.KernelFunc, { inputs, attrs, backend }: KernelArgs): tf.TensorInfo {
  const { a, b, bias, preluActivationWeights } = inputs as Record<string, tf.TensorInfo>;
  const { activation, leakyreluAlpha } = attrs as unknown as MatMulAttrs;
  const product = matMul({ inputs: { a, b } as tf.NamedTensorInfoMap, attrs, backend }) as tf.TensorInfo;
  const sum = run('Add', { a: product, b: bias as tf.TensorInfo }, {}, backend);
  release(product, backend);
  if (activation === undefined || activation === 'linear') return sum;
  const result = preluActivationWeights
    ? run('Prelu', { x: sum, alpha: preluActivationWeights }, {}, backend)
    : run(activationKernel(activation), { x: sum }, { alpha: leakyreluAlpha ?? 0.2 }, backend);
  release(sum, backend);
  return result;
}

function activationKernel(activation: string): string {
  if (activation === 'leakyrelu') return 'LeakyRelu';
  return activation.charAt(0).toUpperCase() + activation.slice(1); // relu, relu6, elu, sigmoid
}

function transpose(x: tf.TensorInfo, backend: KernelArgs['backend']): tf.TensorInfo {
  const rank = x.shape.length;
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  return run('Transpose', { x }, { perm }, backend);
}

function run(
  name: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap,
  backend: KernelArgs['backend'],
) {
  return tf.getKernel(name, 'wasm').kernelFunc({ inputs, attrs, backend }) as tf.TensorInfo;
}

function release(x: tf.TensorInfo, backend: KernelArgs['backend']): void {
  (backend as tf.KernelBackend).disposeData(x.dataId);
}
