import type { GraphBuilder } from '../../compile/builder';
import type { Data, DataType, Value } from '../../compile/graph';
import { reshape } from '../../compile/reshape';
import { cast, transpose } from '../../compile/kernels/shape';
import type { Context, Rule } from '../../compile/passes/rewrite';
import type { DerivedInput } from '../../core/derived';
import { storedIn } from '../../quantization/derived-weight';
import { EncodedWeight, hasIntegers } from '../../quantization/encoded-weight';
import { pack } from '../../quantization/pack';
import { HalfSpec } from '../../quantization/spec';
import { BlockForm, blockFormOf } from './block-form';

/** How weights are written that programs read the numbers of. */
export interface StoredWeights {
  /**
   * A product with codes is a `MatMulNBits`, onnxruntime's own, which computes in float32; rows that are looked up are made numbers then;
   * everything else reads codes, or halves, that are made numbers once, when the file is loaded.
   */
  readonly rules: readonly Rule[];
  /** Names of what the rules have written. */
  readonly names: ReadonlyMap<Value, string>;
}

/** Weights as they are stored, in the place of the numbers that they stand for: each once, however often it is used. For one file. */
export function storedWeights(): StoredWeights {
  const names = new Map<Value, string>();
  const written = new Map<DerivedInput, Written>();
  const find: Find = (value, { builder }) => {
    const source = builder.sourceOf(value);
    const encoded = source?.kind === 'derived' ? storedIn(source.input) : undefined;
    if (source?.kind !== 'derived' || !encoded) return undefined;
    const known = written.get(source.input) ?? write(source.input.name, encoded, names);
    written.set(source.input, known);
    return known;
  };
  return { rules: [product(find), lookup(find), anyUse(find)], names };
}

/** The stored weight that a value is the numbers of. */
type Find = (value: Value, context: Context) => Written | undefined;

/** A weight in a file. */
interface Written {
  readonly encoded: EncodedWeight;
  readonly form?: BlockForm;
  /** Bytes of the block form, in this shape. */
  codes(builder: GraphBuilder, shape: readonly number[]): Value;
  /** [rows, blocks] */
  scales(builder: GraphBuilder): Value;
  /** [rows, blocks], where they are not the middle; `packed` as `MatMulNBits` has them. */
  zeroPoints(builder: GraphBuilder, packing: 'packed' | 'bytes'): Value | undefined;
  /** The numbers of all of it, in the weight's shape; undefined where they are written as they are. */
  numbers(builder: GraphBuilder): Value | undefined;
}

function write(path: string, encoded: EncodedWeight, names: Map<Value, string>): Written {
  const made = new Map<string, Value>();
  const once = (part: string, make: () => Value): Value => {
    const value = made.get(part) ?? make();
    made.set(part, value);
    return value;
  };
  const constant = (
    builder: GraphBuilder,
    part: string,
    data: Data,
    shape: readonly number[],
    dtype: DataType,
  ) =>
    once(part, () => {
      const value = builder.constant(data, shape, dtype);
      names.set(value, `${path}/${part}`);
      return value;
    });
  const form = hasIntegers(encoded) ? blockFormOf(encoded) : undefined;
  const written: Written = {
    encoded,
    form,
    codes: (builder, shape) =>
      reshape(builder, constant(builder, 'codes', form!.codes, shape, 'uint8'), shape),
    scales: (builder) => constant(builder, 'scales', form!.scales, [form!.rows, form!.blocks], 'float32'),
    zeroPoints(builder, packing) {
      const { zeroPoints, rows, blocks, bits } = form!;
      if (!zeroPoints) return undefined;
      if (packing === 'bytes') return constant(builder, 'zero_points', zeroPoints, [rows, blocks], 'uint8');
      const packed = packedRows(zeroPoints, blocks, bits);
      return constant(builder, 'packed_zero_points', packed, [rows, packed.length / rows], 'uint8');
    },
    numbers(builder) {
      if (form) return once('numbers', () => numbersOfBlocks(written, form, builder));
      if (hasIntegers(encoded)) return undefined;
      const dtype = (encoded.spec as HalfSpec).format === 'fp16' ? 'float16' : 'bfloat16';
      return once('numbers', () =>
        cast(builder, constant(builder, 'codes', encoded.codes, encoded.shape, dtype), 'float32'),
      );
    },
  };
  return written;
}

/** `x · w`, or `x · wᵀ`, where the blocks of w lie along the axis that is summed over. */
const product =
  (find: Find): Rule =>
  ({ op, inputs: [x, right], output }, context) => {
    if (op !== 'MatMul') return undefined;
    const turned = context.producer(right!);
    const isTurned = turned?.op === 'Transpose' && right!.shape.length === 2;
    const weight = find(isTurned ? turned.inputs[0]! : right!, context);
    const form = weight?.form;
    if (!form || form.perm.join() !== (isTurned ? '0,1' : '1,0')) return undefined;
    const { rows, length, bits, size } = form;
    const attributes = { K: length, N: rows, bits, block_size: size, accuracy_level: 1 };
    const { builder } = context;
    const codes = weight.codes(builder, [rows, form.blocks, (size * bits) / 8]);
    const zeros = weight.zeroPoints(builder, 'packed');
    const operands = [x!, codes, weight.scales(builder), ...(zeros ? [zeros] : [])];
    return builder.node('MatMulNBits', operands, output.shape, 'float32', {
      domain: 'com.microsoft',
      attributes,
    });
  };

/** `Gather(w, ids)` where the blocks of w lie within its rows. */
const lookup =
  (find: Find): Rule =>
  ({ op, inputs: [table, ids], attributes }, context) => {
    if (op !== 'Gather' || attributes.axis !== 0) return undefined;
    const weight = find(table!, context);
    if (weight?.form?.perm.join() !== '0,1') return undefined;
    return rowsOf(weight, ids!, context.builder);
  };

/** Rows of a weight, [...ids, length], or all of them, in operators that every runtime has. */
function rowsOf(weight: Written, ids: Value | undefined, builder: GraphBuilder): Value {
  const { rows, length, bits, size, blocks } = weight.form!;
  const places = ids ? ids.shape : [rows];
  const look = (table: Value): Value => (ids ? gatherRows(builder, table, ids) : table);
  const inBlocks = [...places, blocks, size];
  const bytes = look(weight.codes(builder, [rows, (blocks * size * bits) / 8]));
  const codes = withLast(builder, cast(builder, unpacked(builder, bytes, bits), 'float32'), inBlocks, 2);
  const column = (x: Value): Value =>
    builder.node('Unsqueeze', [x, builder.ints([-1])], [...x.shape, 1], x.dtype);
  const zeroPoints = weight.zeroPoints(builder, 'bytes');
  const zeros = zeroPoints
    ? column(cast(builder, look(zeroPoints), 'float32'))
    : builder.scalar(2 ** (bits - 1));
  const steps = builder.node('Sub', [codes, zeros], inBlocks, 'float32');
  const numbers = builder.node('Mul', [steps, column(look(weight.scales(builder)))], inBlocks, 'float32');
  const padded = withLast(builder, numbers, [...places, blocks * size], 1);
  if (blocks * size === length) return padded;
  const ends = [builder.ints([0]), builder.ints([length]), builder.ints([-1])];
  return builder.node('Slice', [padded, ...ends], [...places, length], 'float32');
}

function gatherRows(builder: GraphBuilder, table: Value, ids: Value): Value {
  const shape = [...ids.shape, table.shape[1]!];
  return builder.node('Gather', [table, ids], shape, table.dtype, { attributes: { axis: 0 } });
}

/** Codes one by one, [..., bytes, codes in a byte]. */
function unpacked(builder: GraphBuilder, bytes: Value, bits: number): Value {
  if (bits === 8) return bytes;
  const perByte = 8 / bits;
  const shifts = Uint8Array.from({ length: perByte }, (_, i) => bits * i);
  const column = builder.node('Unsqueeze', [bytes, builder.ints([-1])], [...bytes.shape, 1], 'uint8');
  const shape = [...bytes.shape, perByte];
  const shifted = builder.node(
    'BitShift',
    [column, builder.constant(shifts, [perByte], 'uint8')],
    shape,
    'uint8',
    {
      attributes: { direction: 'RIGHT' },
    },
  );
  return builder.node('BitwiseAnd', [shifted, builder.scalar(2 ** bits - 1, 'uint8')], shape, 'uint8');
}

/** Reshapes all but the first axes, which may be free: the last `count` of the new shape are written down. */
function withLast(builder: GraphBuilder, x: Value, shape: readonly number[], count: number): Value {
  const target = shape.map((size, axis) => (axis < shape.length - count ? 0 : size));
  return builder.node('Reshape', [x, builder.ints(target)], shape, x.dtype);
}

/** Zero points of the blocks of each row, side by side in whole bytes. */
function packedRows(zeroPoints: Uint8Array, blocks: number, bits: number): Uint8Array {
  const bytes = Math.ceil((blocks * bits) / 8);
  const packed = new Uint8Array((zeroPoints.length / blocks) * bytes);
  for (let row = 0; row * blocks < zeroPoints.length; row++) {
    packed.set(pack(zeroPoints.subarray(row * blocks, (row + 1) * blocks), bits), row * bytes);
  }
  return packed;
}

/** Numbers in the place of what is stored, for any node that reads them. */
const anyUse =
  (find: Find): Rule =>
  (node, context) => {
    const inputs = node.inputs.map((value) => find(value, context)?.numbers(context.builder) ?? value);
    if (inputs.every((value, i) => value === node.inputs[i])) return undefined;
    const output = { ...node.output };
    context.builder.append({ ...node, inputs, output });
    return output;
  };

/** All rows, put back in the order of the weight. */
function numbersOfBlocks(weight: Written, { perm }: BlockForm, builder: GraphBuilder): Value {
  const { shape } = weight.encoded;
  const matrix = rowsOf(weight, undefined, builder);
  const ordered = reshape(
    builder,
    matrix,
    perm.map((axis) => shape[axis]!),
  );
  return transpose(
    builder,
    ordered,
    perm.map((_, axis) => perm.indexOf(axis)),
  );
}
