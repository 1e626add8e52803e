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
  const steps = node.attributes['axis'] === 0 ? column(builder, scales) : scales;
  return builder.node('Mul', [cast(builder, codes, 'float32'), steps], value.shape, 'float32');
}

/** Whether what is dequantized comes in from outside, symmetric and with a scale per row or column. */
function areWeights({ inputs }: Node, builder: GraphBuilder): boolean {
  const [codes, scales, zero] = inputs as [Value, Value, Value?];
  return builder.sourceOf(codes)?.kind === 'derived' && scales.shape.length === 1 && !zero;
}

function column(builder: GraphBuilder, scales: Value): Value {
  return builder.node('Unsqueeze', [scales, builder.ints([1])], [scales.shape[0]!, 1], 'float32');
}
