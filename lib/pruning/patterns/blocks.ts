import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { sizeOf } from '../../core/host-tensor';
import type { Pattern } from '../pattern';
import { grouped, Grouping } from './grouped';

/** Options of {@link blocks}. */
export interface BlocksOptions {
  /** Places of the last axis but one, the inputs of a kernel. */
  readonly rows: number;
  /** Places of the last axis, the outputs of a kernel. */
  readonly columns: number;
}

/**
 * Blocks of `rows` × `columns` weights go or stay as a whole, over the last two axes, by the mean of their scores. Sparsities are fractions of
 * the blocks.
 *
 * Narang et al., 2017 (arXiv:1711.02782), who take the largest score of a block; the mean of magnitudes is what tfmot takes.
 *
 * @throws UserError for numbers that are no whole ones of at least 1; where it is used, for a shape that they do not divide.
 *
 * @example pruner({ schedule, pattern: blocks({ rows: 4, columns: 1 }) });
 */
export function blocks({ rows, columns }: BlocksOptions): Pattern {
  if (![rows, columns].every((size) => Number.isInteger(size) && size >= 1)) {
    throw new UserError(
      `Expected rows and columns of blocks as whole numbers of at least 1, got ${rows} × ${columns}.`,
    );
  }
  return configured(
    grouped((shape) => groupingOf(shape, { rows, columns })),
    'blocks',
    { rows, columns },
  );
}

function groupingOf(shape: readonly number[], { rows, columns }: BlocksOptions): Grouping {
  const [height, width] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  if (height % rows !== 0 || width % columns !== 0) {
    throw new UserError(
      `Expected last axes that blocks of ${rows} × ${columns} divide, got shape [${shape.join(', ')}]; leave the weight out of the targets.`,
    );
  }
  const perRow = width / columns;
  return {
    units: sizeOf(shape) / (rows * columns),
    // `rows` divides the height, so that no block reaches from one matrix into the next.
    unitOf: (i) => Math.floor(Math.floor(i / width) / rows) * perRow + Math.floor((i % width) / columns),
  };
}
