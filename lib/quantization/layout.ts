import { sizeOf } from '../core/host-tensor';
import { blockCounts, Granularity } from './granularity';

/**
 * Which block each value of a tensor belongs to: value `column` of row `row`, a row being the tensor's last axis, is in block
 * `firstOf[row] + stepOf[column]`. Blocks are numbered row-major.
 */
export interface Layout {
  readonly rows: number;
  readonly columns: number;
  /** How many blocks there are. */
  readonly blocks: number;
  readonly firstOf: Int32Array;
  readonly stepOf: Int32Array;
}

/** The layout of a shape's blocks. */
export function layoutOf(shape: readonly number[], granularity: Granularity): Layout {
  const block = granularity.block(shape);
  const counts = blockCounts(shape, block);
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape.slice(0, -1));
  const [size = 1, count = 1] = [block.at(-1), counts.at(-1)];
  return {
    rows,
    columns,
    blocks: sizeOf(counts),
    firstOf: firstBlocks(shape.slice(0, -1), block, counts).map((first) => first * count),
    stepOf: Int32Array.from({ length: columns }, (_, column) => Math.floor(column / size)),
  };
}

/** The block of each index of some axes, row-major. */
function firstBlocks(
  axes: readonly number[],
  block: readonly number[],
  counts: readonly number[],
): Int32Array {
  let blocks = Int32Array.of(0);
  axes.forEach((length, axis) => {
    const outer = blocks;
    blocks = new Int32Array(outer.length * length);
    for (let i = 0; i < blocks.length; i++) {
      const [before, index] = [Math.floor(i / length), i % length];
      blocks[i] = outer[before]! * counts[axis]! + Math.floor(index / block[axis]!);
    }
  });
  return blocks;
}

/** The block of each value, where no loop of its own is worth it. */
export function blocksOf({ rows, columns, firstOf, stepOf }: Layout): Int32Array {
  return Int32Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    return firstOf[row]! + stepOf[i - row * columns]!;
  });
}
