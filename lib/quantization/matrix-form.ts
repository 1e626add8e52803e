import { sizeOf } from '../core/host-tensor';
import { storedBits } from './pack';
import { isHalf, QuantSpec, WeightSpec } from './spec';

/** A weight whose blocks are the rows or the columns of a matrix [rows, columns] with the same values in the same order. */
export interface MatrixForm {
  readonly rows: number;
  readonly columns: number;
  /** 0: a scale per row; 1: per column. */
  readonly axis: 0 | 1;
}

/** Whether the codes of a spec are what the kernels compute: symmetric about 0, by the largest value. */
export function isPlain(spec: WeightSpec): spec is QuantSpec {
  return !isHalf(spec) && spec.signed && spec.symmetric && spec.narrowRange && spec.rule !== 'ternary';
}

/**
 * The matrix that codes of a byte each, with a scale per row or per column, are multiplied as: what programs are made for. Undefined
 * for other specs.
 */
export function matrixForm(shape: readonly number[], spec: WeightSpec): MatrixForm | undefined {
  return isPlain(spec) && storedBits(spec.bits) === 8 ? matrixOfBlocks(shape, spec) : undefined;
}

/** The matrix whose rows or columns the blocks of a shape are, if they are. */
export function matrixOfBlocks(shape: readonly number[], { granularity }: QuantSpec): MatrixForm | undefined {
  const block = granularity.block(shape);
  const isWhole = block.map((size, axis) => size === shape[axis]);
  const isSingle = block.map((size) => size === 1);
  for (let cut = 1; cut < shape.length; cut++) {
    const form = { rows: sizeOf(shape.slice(0, cut)), columns: sizeOf(shape.slice(cut)) };
    const isSplit = (before: readonly boolean[], after: readonly boolean[]) =>
      before.slice(0, cut).every(Boolean) && after.slice(cut).every(Boolean);
    if (isSplit(isSingle, isWhole)) return { ...form, axis: 0 };
    if (isSplit(isWhole, isSingle)) return { ...form, axis: 1 };
  }
  return undefined;
}
