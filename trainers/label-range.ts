import { UserError } from '../lib/core/errors';
import type { HostTensor } from '../lib/core/host-tensor';

/** Which labels a loss learns from; others would teach it nothing, or something else. */
export interface LabelRange {
  /** For messages: `class numbers from 0 to 2`. @param outputs the last size of the model's output; Infinity where it is not known. */
  expected(outputs: number): string;
  /** Whether a single label is one of them. `outputs` as for `expected`. */
  fits(label: number, outputs: number): boolean;
}

/** Class numbers, from 0. */
export const classNumbers: LabelRange = {
  expected: (outputs) =>
    outputs === 1
      ? 'class 0 alone, for the model has one output (sigmoidCrossEntropy is for one of right or wrong),'
      : `class numbers from 0 to ${outputs - 1}`,
  fits: (label, outputs) => Number.isInteger(label) && label >= 0 && label < outputs,
};

/** Class numbers, or any whole number below 0 where there is nothing to learn. */
export const classNumbersOrNone: LabelRange = {
  expected: (outputs) => `class numbers from 0 to ${outputs - 1}, or below 0 for none`,
  fits: (label, outputs) => Number.isInteger(label) && label < outputs,
};

/** How right something is. */
export const shares: LabelRange = {
  expected: () => 'numbers from 0 to 1',
  fits: (label) => label >= 0 && label <= 1,
};

export const finiteNumbers: LabelRange = {
  expected: () => 'finite numbers',
  fits: (label) => Number.isFinite(label),
};

/**
 * @param labels [examples, ...]
 * @param where for messages: `ys`.
 * @throws UserError for the first label that is outside of the range, with its row.
 */
export function expectLabels(labels: HostTensor, range: LabelRange, outputs: number, where: string): void {
  const { data, shape } = labels;
  const at = data.findIndex((label) => !range.fits(label, outputs));
  if (at < 0) return;
  const row = Math.floor((at * shape[0]!) / data.length);
  throw new UserError(
    `Expected ${range.expected(outputs)} as labels, got ${data[at]} in row ${row} of ${where} (rows count from 0).`,
  );
}
