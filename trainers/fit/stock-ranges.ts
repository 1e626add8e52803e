import { classNumbers, finiteNumbers, type LabelRange, shares } from '../label-range';

const RANGES: Readonly<Record<string, LabelRange>> = {
  sparseCategoricalCrossentropy: classNumbers,
  categoricalCrossentropy: shares,
  binaryCrossentropy: shares,
  kullbackLeiblerDivergence: shares,
};

/** Which labels a loss of tfjs learns from; any of a function of one's own. */
export function stockRange(lossName: string | undefined): LabelRange | undefined {
  return lossName === undefined ? undefined : (RANGES[lossName] ?? finiteNumbers);
}
