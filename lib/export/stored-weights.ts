import type { GraphBuilder } from '../compile/builder';
import type { Data, DataType, Value } from '../compile/graph';
import { cast, reshape, transpose } from '../compile/kernels/shape';
import type { Context, Rule } from '../compile/passes/rewrite';
import type { DerivedInput } from '../core/derived';
import { storedIn } from '../quantization/derived-weight';
import { EncodedWeight, hasIntegers } from '../quantization/encoded-weight';
import { pack } from '../quantization/pack';
import { HalfSpec } from '../quantization/spec';
import { BlockForm, blockFormOf } from './block-form';

/** How weights are written that programs read the numbers of. */
export interface StoredWeights {
  /**
   * A product with codes is a `MatMulNBits`, looking up codes a `GatherBlockQuantized`, which are onnxruntime's own and compute in float32;
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
  /** Codes in this shape, scales, and zero points where they are not the middle. */
  operands(builder: GraphBuilder, shape: readonly number[]): Value[];
  /** The numbers of all of it, in the weight's shape; undefined where they are written as they are. */
  numbers(builder: GraphBuilder): Value | undefined;
}

function write(path: string, encoded: EncodedWeight, names: Map<Value, string>): Written {
  const constant = (
    builder: GraphBuilder,
    part: string,
    data: Data,
    shape: readonly number[],
    dtype: DataType,
  ) => {
    const value = builder.constant(data, shape, dtype);
    names.set(value, `${path}/${part}`);
    return value;
  };
  const form = hasIntegers(encoded) ? blockFormOf(encoded) : undefined;
  let first: Value[] | undefined;
  let all: Value | undefined;
  const written: Written = {
    encoded,
    form,
    operands(builder, shape) {
      first ??= constantsOf(form!, shape, (...args) => constant(builder, ...args));
      const [codes, ...parameters] = first as [Value, ...Value[]];
      return [reshape(builder, codes, shape), ...parameters];
    },
    numbers(builder) {
      if (form) return (all ??= numbersOfBlocks(written, form, builder));
      if (hasIntegers(encoded)) return undefined;
      const dtype = (encoded.spec as HalfSpec).format === 'fp16' ? 'float16' : 'bfloat16';
      return (all ??= cast(
        builder,
        constant(builder, 'codes', encoded.codes, encoded.shape, dtype),
        'float32',
      ));
    },
  };
  return written;
}

type Constant = (part: string, data: Data, shape: readonly number[], dtype: DataType) => Value;

function constantsOf(form: BlockForm, shape: readonly number[], constant: Constant): Value[] {
  const { rows, blocks, codes, scales, zeroPoints, bits } = form;
  const zeros = zeroPoints && packedRows(zeroPoints, blocks, bits);
  return [
    constant('codes', codes, shape, 'uint8'),
    constant('scales', scales, [rows, blocks], 'float32'),
    ...(zeros ? [constant('zero_points', zeros, [rows, zeros.length / rows], 'uint8')] : []),
  ];
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
    const operands = [x!, ...weight.operands(context.builder, [rows, form.blocks, (size * bits) / 8])];
    return context.builder.node('MatMulNBits', operands, output.shape, 'float32', {
      domain: 'com.microsoft',
      attributes,
    });
  };

/** `Gather(w, ids)` where the blocks of w lie within its rows. */
const lookup =
  (find: Find): Rule =>
  ({ op, inputs: [table, ids], output, attributes }, context) => {
    if (op !== 'Gather' || attributes.axis !== 0) return undefined;
    const weight = find(table!, context);
    if (weight?.form?.perm.join() !== '0,1') return undefined;
    return rowsOf(weight, ids!, output.shape, context.builder);
  };

/** Rows of a form, [...ids, length]. */
function rowsOf(weight: Written, ids: Value, shape: readonly number[], builder: GraphBuilder): Value {
  const { rows, length, bits, size, blocks } = weight.form!;
  const attributes = { gather_axis: 0, quantize_axis: 1, block_size: size, bits };
  const [codes, ...parameters] = weight.operands(builder, [rows, (blocks * size * bits) / 8]);
  const padded = [...shape.slice(0, -1), blocks * size];
  const found = builder.node('GatherBlockQuantized', [codes!, ids, ...parameters], padded, 'float32', {
    domain: 'com.microsoft',
    attributes,
  });
  if (blocks * size === length) return found;
  const ends = [builder.ints([0]), builder.ints([length]), builder.ints([-1])];
  return builder.node('Slice', [found, ...ends], shape, 'float32');
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
function numbersOfBlocks(weight: Written, { rows, length, perm }: BlockForm, builder: GraphBuilder): Value {
  const { shape } = weight.encoded;
  const ids = builder.constant(
    Int32Array.from({ length: rows }, (_, row) => row),
    [rows],
    'int32',
  );
  const matrix = rowsOf(weight, ids, [rows, length], builder);
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
