import { Value } from '../graph';
import { swapLast } from '../kernels/shape';
import { Rule } from './rewrite';

/** onnxruntime's matmul of transposed operands, as ONNX's own `Transpose` and `MatMul`. */
export const plainMatmul: Rule = ({ op, inputs, attributes, output }, { builder }) => {
  if (op !== 'FusedMatMul') return undefined;
  const [a, b] = inputs as [Value, Value];
  const operands = [
    attributes['transA'] === 1 ? swapLast(builder, a) : a,
    attributes['transB'] === 1 ? swapLast(builder, b) : b,
  ];
  return builder.node('MatMul', operands, output.shape, output.dtype);
};
