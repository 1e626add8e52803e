import type { Value } from '../graph';
import { cast } from '../kernels/shape';
import type { Rule } from './rewrite';

/**
 * Looks rows up before they are dequantized, so that a table is kept as its codes: `Gather(DequantizeLinear(codes, scales), ids)`
 * with a scale per row is `Gather(codes, ids) · Gather(scales, ids)`, bit for bit.
 */
export const gatherCodes: Rule = ({ op, inputs, output, attributes }, { producer, builder }) => {
  if (op !== 'Gather' || attributes['axis'] !== 0) return undefined;
  const [table, ids] = inputs as [Value, Value];
  const dequantized = producer(table);
  if (dequantized?.op !== 'DequantizeLinear' || dequantized.attributes['axis'] !== 0) return undefined;
  const [codes, scales, zero] = dequantized.inputs as [Value, Value, Value?];
  if (zero || scales.shape.length !== 1) return undefined;
  const rows = builder.node('Gather', [codes, ids], output.shape, codes.dtype, { attributes: { axis: 0 } });
  const steps = builder.node('Gather', [scales, ids], ids.shape, 'float32', { attributes: { axis: 0 } });
  const column = builder.node('Unsqueeze', [steps, builder.ints([-1])], [...ids.shape, 1], 'float32');
  return builder.node('Mul', [cast(builder, rows, 'float32'), column], output.shape, 'float32');
};
