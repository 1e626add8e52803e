import { sizeOf } from '../../core/host-tensor';
import { codesOf } from '../../quantization/decode';
import type { EncodedIntegers } from '../../quantization/encoded-weight';
import { layoutOf } from '../../quantization/layout';
import { Codes, pack, storedBits } from '../../quantization/pack';
import { codeRange, fixedZeroPoint } from '../../quantization/spec';

/**
 * Codes as onnxruntime's kernels for blocks have them: the weight as a matrix of rows, each cut in blocks of neighbours that share a
 * scale. Codes are unsigned; without zero points the code of 0 is the middle, `2^(bits - 1)`.
 */
export interface BlockForm {
  /** How the weight's axes are put in order before it is a matrix. */
  readonly perm: readonly number[];
  readonly rows: number;
  /** Values of a row. */
  readonly length: number;
  readonly bits: 2 | 4 | 8;
  /** Values of a block, the last of a row the shorter: a power of two from 16. */
  readonly size: number;
  /** Blocks of a row. */
  readonly blocks: number;
  /** Bytes [rows, blocks · size · bits / 8]; what is beyond a row's length is 0. */
  readonly codes: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
  /** One byte each [rows, blocks], where they are not the middle. */
  readonly zeroPoints?: Uint8Array;
}

/** Sizes of blocks that the kernels have. */
const SIZES = [256, 128, 64, 32, 16];

/** The block form of a weight; undefined where its groups are not made of blocks of 16. */
export function blockFormOf(encoded: EncodedIntegers): BlockForm | undefined {
  const { shape, spec } = encoded;
  const { perm, rowAxes } = axesOf(shape, spec.granularity.block(shape));
  const [rows, length] = [
    sizeOf(rowAxes.map((axis) => shape[axis]!)),
    sizeOf(perm.slice(rowAxes.length).map((axis) => shape[axis]!)),
  ];
  const group = groupOf(encoded, perm, length);
  const bits = storedBits(spec.bits);
  const size = group === length ? bestSize(length, bits) : SIZES.find((candidate) => group % candidate === 0);
  if (size === undefined || rows === 0 || length === 0) return undefined;
  const blocks = Math.ceil(length / size);
  const places = placesOf(shape, perm, rowAxes.length);
  return {
    perm,
    rows,
    length,
    bits,
    size,
    blocks,
    ...filled(encoded, { rows, length, size, blocks, places }),
  };
}

/** Axes that every block has one place of come first; then those that a block has whole; the grouped one last. */
function axesOf(shape: readonly number[], block: readonly number[]): { perm: number[]; rowAxes: number[] } {
  const axes = [...shape.keys()];
  const single = axes.filter((axis) => block[axis] === 1);
  const rowAxes = single.length > 0 ? single : axes.slice(-1); // one scale for all: as a kernel's columns
  const isGrouped = (axis: number) => block[axis]! < shape[axis]!;
  const within = axes.filter((axis) => !rowAxes.includes(axis));
  return {
    perm: [...rowAxes, ...within.filter((axis) => !isGrouped(axis)), ...within.filter(isGrouped)],
    rowAxes,
  };
}

/** How many neighbours of a row share a scale. */
function groupOf({ shape, spec }: EncodedIntegers, perm: readonly number[], length: number): number {
  const last = perm.at(-1)!;
  const size = spec.granularity.block(shape)[last]!;
  return size > 1 && size < shape[last]! ? size : length;
}

/** Of blocks that all have one scale: the size that takes the fewest bytes, of several the largest. */
function bestSize(length: number, bits: number): number {
  const bytes = (size: number) => Math.ceil(length / size) * ((size * bits) / 8 + 4);
  return SIZES.reduce((best, size) => (bytes(size) < bytes(best) ? size : best));
}

/** Where the values of a row, and the rows, lie in the weight: the sum of both. */
interface Places {
  readonly ofRow: Int32Array;
  readonly inRow: Int32Array;
}

function placesOf(shape: readonly number[], perm: readonly number[], rowAxes: number): Places {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const along = (axes: readonly number[]): Int32Array =>
    axes.reduce((places, axis) => {
      const steps = Array.from({ length: shape[axis]! }, (_, i) => i * strides[axis]!);
      return Int32Array.from({ length: places.length * steps.length }, (_, i) => {
        const outer = Math.floor(i / steps.length);
        return places[outer]! + steps[i - outer * steps.length]!;
      });
    }, Int32Array.of(0));
  return { ofRow: along(perm.slice(0, rowAxes)), inRow: along(perm.slice(rowAxes)) };
}

interface Room {
  readonly rows: number;
  readonly length: number;
  readonly size: number;
  readonly blocks: number;
  readonly places: Places;
}

function filled(encoded: EncodedIntegers, room: Room): Pick<BlockForm, 'codes' | 'scales' | 'zeroPoints'> {
  const { spec, scales: scaleOf, zeroPoints: zeroOf } = encoded;
  const bits = storedBits(spec.bits);
  const middle = 2 ** (bits - 1);
  const shift = codeRange(spec)[0] < 0 ? middle : 0;
  const { codes, blockAt } = unsigned(codesOf(encoded), encoded, room, shift);
  const scales =
    blockAt.length === 0 ? new Float32Array(0) : Float32Array.from(blockAt, (block) => scaleOf[block]!);
  const isMiddle = !zeroOf && fixedZeroPoint(spec) + shift === middle;
  if (isMiddle) return { codes: pack(codes, bits) as Uint8Array, scales };
  const zeroPoints = Uint8Array.from(
    blockAt,
    (block) => (zeroOf ? zeroOf[block]! : fixedZeroPoint(spec)) + shift,
  );
  return { codes: pack(codes, bits) as Uint8Array, scales, zeroPoints };
}

/** Codes in the order of the rows, from 0; and the weight's block of each block of a row. */
function unsigned(
  codes: Codes,
  { shape, spec }: EncodedIntegers,
  { rows, length, size, blocks, places }: Room,
  shift: number,
): { codes: Uint8Array; blockAt: Int32Array } {
  const { columns, firstOf, stepOf } = layoutOf(shape, spec.granularity);
  const [ordered, blockAt] = [new Uint8Array(rows * blocks * size), new Int32Array(rows * blocks)];
  for (let row = 0; row < rows; row++) {
    const from = places.ofRow[row]!;
    for (let i = 0, to = row * blocks * size; i < length; i++, to++)
      ordered[to] = codes[from + places.inRow[i]!]! + shift;
    for (let block = 0; block < blocks; block++) {
      const place = from + places.inRow[block * size]!;
      const outer = Math.floor(place / columns);
      blockAt[row * blocks + block] = firstOf[outer]! + stepOf[place - outer * columns]!;
    }
  }
  return { codes: ordered, blockAt };
}
