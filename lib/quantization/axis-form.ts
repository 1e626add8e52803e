import { sizeOf } from '../core/host-tensor';
import { isPlain, matrixForm } from './matrix-form';
import { storedBits } from './pack';
import type { WeightSpec } from './spec';

/** A weight as a tensor with the same values in the same order, whose scales run along one axis of it. */
export interface AxisForm {
  readonly shape: readonly number[];
  /** There is a scale for each index of it. */
  readonly axis: number;
}

/**
 * The tensor that codes of a byte each, symmetric and narrow, are stored as: the matrix of `matrixForm`; for one scale in
 * all, a single row; for scales along neighbouring axes in the middle, as of a transposed convolution's kernel [height, width, outputs,
 * inputs], [before, channels, after]. Undefined for other specs.
 */
export function axisForm(shape: readonly number[], spec: WeightSpec): AxisForm | undefined {
  const matrix = matrixForm(shape, spec);
  if (matrix) return { shape: [matrix.rows, matrix.columns], axis: matrix.axis };
  if (!isPlain(spec) || storedBits(spec.bits) !== 8) return undefined;
  return formOf(shape, spec.granularity.block(shape));
}

function formOf(shape: readonly number[], block: readonly number[]): AxisForm | undefined {
  const split = [...shape.keys()].filter((axis) => block[axis]! < shape[axis]!);
  const [first, last] = [split[0], split.at(-1)];
  if (first === undefined || last === undefined) return { shape: [1, sizeOf(shape)], axis: 0 };
  const isSingle = block.slice(first, last + 1).every((size) => size === 1);
  const parts = [shape.slice(0, first), shape.slice(first, last + 1), shape.slice(last + 1)];
  return isSingle ? { shape: parts.map(sizeOf), axis: 1 } : undefined;
}
