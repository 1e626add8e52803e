import type { GraphBuilder } from '../builder';
import type { Node, Value } from '../graph';
import { cast } from '../kernels/shape';
import { isIntegerProduct } from './integer-matmul';
import type { Context, Rule } from './rewrite';

/**
 * Codes of weights that are multiplied as floats: `DequantizeLinear(codes, scales)` becomes `Cast(codes) · scales`, the same numbers
 * in every session. onnxruntime would make `DequantizeLinear` and `MatMul` a product of another precision by default; casts of
 * constants it computes once, when it loads the file.
 */
export const floatWeights: Rule = (node, context) => {
  if (isIntegerProduct(node, context)) return undefined;
  const inputs = node.inputs.map((value) => asFloats(value, context));
  if (inputs.every((value, i) => value === node.inputs[i])) return undefined;
  const output = { ...node.output };
  context.builder.append({ ...node, inputs, output });
  return output;
};

function asFloats(value: Value, { producer, builder }: Context): Value {
  const node = producer(value);
  if (node?.op !== 'DequantizeLinear' || !areWeights(node, builder)) return value;
  const [codes, scales] = node.inputs as [Value, Value];
  const steps = alongAxis(builder, scales, node.attributes['axis'] as number, codes.shape.length);
  return builder.node('Mul', [cast(builder, codes, 'float32'), steps], value.shape, 'float32');
}

/** Whether what is dequantized comes in from outside, symmetric and with scales along an axis. */
function areWeights({ inputs }: Node, builder: GraphBuilder): boolean {
  const [codes, scales, zero] = inputs as [Value, Value, Value?];
  return builder.sourceOf(codes)?.kind === 'derived' && scales.shape.length === 1 && !zero;
}

/** Scales that broadcast along an axis of a tensor. */
function alongAxis(builder: GraphBuilder, scales: Value, axis: number, rank: number): Value {
  const after = Array.from({ length: rank - 1 - axis }, (_, i) => i + 1);
  if (after.length === 0) return scales;
  const shape = [scales.shape[0]!, ...after.map(() => 1)];
  return builder.node('Unsqueeze', [scales, builder.ints(after)], shape, 'float32');
}
