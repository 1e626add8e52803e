import type { Value } from '../../../compile/graph';
import type { Rule } from '../../../compile/passes/rewrite';

/** The place of the bias among the inputs of `MatMulIntegerToFloat`. */
const BIAS = 6;

/** Adds a dense layer's bias inside the product of its codes, where the sums become floats: a pass over memory less. */
export const productBias: Rule = ({ op, inputs, output }, { producer, builder }) => {
  const [sum, bias] = inputs as [Value, Value?];
  const product = op === 'Add' ? producer(sum) : undefined;
  if (product?.op !== 'MatMulIntegerToFloat' || product.inputs.length > BIAS) return undefined;
  if (bias?.shape.length !== 1 || bias.shape[0] !== output.shape.at(-1)) return undefined;
  const w = product.inputs[1]!;
  const zero = product.inputs[BIAS - 1] ?? builder.scalar(0, w.dtype);
  const operands = [...product.inputs.slice(0, BIAS - 1), zero, bias];
  return builder.node('MatMulIntegerToFloat', operands, output.shape, 'float32', { domain: product.domain });
};
