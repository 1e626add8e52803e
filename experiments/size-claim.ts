import type { Outcome } from '../trainers/recipes/setup';
import { percent } from './table';

/** What was asked for. */
export interface SizeClaim {
  /** A fraction of the weights that are pruned. */
  readonly sparsity: number;
  /** That a weight takes in the file. */
  readonly bits: number;
}

/**
 * The usual claim, that pruning and quantization multiply ("10 × · 4 × = 40 ×"), beside what was measured: pruned weights take as much room as
 * others until gzip, tables are not pruned, and zeros make nothing faster.
 *
 * @param method the row that is both.
 */
export function describeClaim(
  outcomes: readonly Outcome[],
  method: string,
  { sparsity, bits }: SizeClaim,
): string {
  const [dense, both] = ['dense', method].map(
    (name) => outcomes.find((outcome) => outcome.method === name)!.footprint!,
  );
  const [fewer, narrower] = [1 / (1 - sparsity), 32 / bits];
  const measured = [
    `${times(dense!.fileBytes / both!.fileBytes)} in the file`,
    `${times(dense!.gzippedBytes / both!.gzippedBytes)} after gzip`,
    `${times(both!.referenceMilliseconds / both!.milliseconds)} as fast`,
  ];
  return (
    `The usual claim: ${times(fewer)} (${percent(sparsity)} zeros) · ${times(narrower)} (${bits} bits) = ${times(fewer * narrower)} smaller. ` +
    `Measured, ${method}: ${measured.join(', ')}.`
  );
}

const times = (factor: number) => `${Number(factor.toPrecision(3))} ×`;
