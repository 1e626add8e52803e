import type { DerivedInput } from '../../core/derived';
import type { GraphBuilder } from '../builder';
import type { Value } from '../graph';
import type { Rule } from './rewrite';

/** The uint8 code of 0: `uint8 code = int8 code + 128`. */
export const ZERO = 128;

/** Codes of so many bits, multiplied by uint8 and added in pairs, stay within 16 bits: `2 · 255 · 64 < 2¹⁵`. */
const SAFE_BITS = 7;

/**
 * A rule that takes int8 codes of 8 bits which come in as derived inputs (quantized weights) as uint8, 128 higher, for processors that
 * multiply only those right: `DequantizeLinear(codes, scale)` becomes `DequantizeLinear(codes + 128, scale, 128)`. Codes of 7 bits are
 * right everywhere as they are.
 */
export function unsignedCodes(): Rule {
  const moved = new Map<DerivedInput, DerivedInput>();
  return ({ op, inputs, output, attributes }, { builder }) => {
    const [codes, scale, zero] = inputs as [Value, Value, Value?];
    if (op !== 'DequantizeLinear' || zero) return undefined;
    const source = builder.sourceOf(codes);
    if (source?.kind !== 'derived' || codes.dtype !== 'int8') return undefined;
    if ((source.input.bits ?? 8) <= SAFE_BITS) return undefined;
    const input = moved.get(source.input) ?? moveCodes(source.input);
    moved.set(source.input, input);
    const operands = [builder.derived(input), scale, zeroPoint(builder, scale)];
    return builder.node('DequantizeLinear', operands, output.shape, 'float32', { attributes });
  };
}

/** ONNX wants a zero point for each scale. */
function zeroPoint(builder: GraphBuilder, scale: Value): Value {
  const [count] = scale.shape;
  if (count === undefined) return builder.scalar(ZERO, 'uint8');
  return builder.constant(new Uint8Array(count).fill(ZERO), scale.shape, 'uint8');
}

function moveCodes(codes: DerivedInput): DerivedInput {
  const data = new Uint8Array(codes.data.length);
  const refresh = (): void => {
    codes.refresh();
    move(codes.data as Int8Array, data);
  };
  return { ...codes, dtype: 'uint8', data, refresh };
}

/** `to = from + 128`, which is the highest bit turned over: four codes at once, then the rest. */
function move(from: Int8Array, to: Uint8Array): void {
  const isAligned = from.byteOffset % 4 === 0;
  const words = isAligned ? from.length >> 2 : 0;
  const source = new Uint32Array(from.buffer, isAligned ? from.byteOffset : 0, words);
  const target = new Uint32Array(to.buffer, 0, words);
  for (let i = 0; i < words; i++) target[i] = source[i]! ^ 0x80808080;
  for (let i = 4 * words; i < to.length; i++) to[i] = from[i]! + ZERO;
}
