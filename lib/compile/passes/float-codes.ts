import type { GraphBuilder } from '../builder';
import { Value } from '../graph';
import { cast } from '../kernels/shape';
import { Context, Rule } from './rewrite';

/** Codes that are dequantized again, in floats: WebGPU has no kernels for making codes. */
export const floatCodes: Rule = (node, { producer, builder }) => {
  if (node.op !== 'DequantizeLinear') return undefined;
  const quantized = producer(node.inputs[0]!);
  if (quantized?.op !== 'QuantizeLinear') return undefined;
  const [x, scale, zeroPoint] = quantized.inputs as [Value, Value, Value];
  if (scale.shape.length > 0) return undefined;
  const on = arithmetic(builder);
  const zero = asFloat(zeroPoint, { producer, builder });
  const [lowest, highest] = RANGE[zeroPoint.dtype as keyof typeof RANGE];
  const moved = on('Add', roundToEven(builder, on('Div', x, scale)), zero);
  const codes = on('Min', on('Max', moved, builder.scalar(lowest)), builder.scalar(highest));
  return on('Mul', on('Sub', codes, zero), scale);
};

/** `Round`, which WebGPU lacks. */
export const plainRound: Rule = (node, { builder }) =>
  node.op === 'Round' ? roundToEven(builder, node.inputs[0]!) : undefined;

const RANGE = { uint8: [0, 255], int8: [-128, 127] } as const;

/** From here on a float's neighbours are 1 apart: adding it rounds, half to even, as all of IEEE 754's additions do. */
const ROUNDER = 1.5 * 2 ** 23;
/** Beyond this all floats are whole numbers, or so large that the sum would leave the range in which neighbours are 1 apart. */
const ROUNDED = 2 ** 22;

function roundToEven(builder: GraphBuilder, x: Value): Value {
  const on = arithmetic(builder);
  const rounder = builder.scalar(ROUNDER);
  const rounded = on('Sub', on('Add', x, rounder), rounder);
  const small = builder.node(
    'Less',
    [builder.node('Abs', [x], x.shape, x.dtype), builder.scalar(ROUNDED)],
    x.shape,
    'bool',
  );
  return builder.node('Where', [small, rounded, x], x.shape, x.dtype);
}

const arithmetic =
  (builder: GraphBuilder) =>
  (op: string, x: Value, y: Value): Value =>
    builder.node(op, [x, y], x.shape, x.dtype);

/** A zero point as a float: what was cast to its type, where it was. */
function asFloat(zeroPoint: Value, { producer, builder }: Context): Value {
  const made = producer(zeroPoint);
  return cast(builder, made?.op === 'Cast' ? made.inputs[0]! : zeroPoint, 'float32');
}
