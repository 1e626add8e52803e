import { UserError } from '../lib/core/errors';
import { hostTensor, HostTensor, sizeOf } from '../lib/core/host-tensor';
import type { AnyLabel, Example } from './dataset';

/** The labels of examples, one after the other, each of one shape: [] or [labels]. */
export interface LabelTable {
  readonly values: Int32Array | Float32Array;
  readonly shape: readonly number[];
}

/**
 * Classes as int32; numbers of a regression, and several labels at once, as float32.
 *
 * @throws UserError for no examples, and labels that are no class numbers, not finite, or not as many as those of the first example.
 */
export function labelTable(examples: readonly Example<AnyLabel>[], regression: boolean): LabelTable {
  const [first] = examples;
  if (!first) throw new UserError('Expected at least one example to make batches of, got none.');
  const { label } = first;
  const kind = typeof label !== 'number' ? several(label.length) : regression ? NUMBER : CLASS;
  const stray = examples.find((example) => !kind.fits(example.label));
  if (stray) {
    throw new UserError(`Expected ${kind.expected}, got ${shown(stray.label)} for "${stray.text}".`);
  }
  const numbers = examples.flatMap((example) => example.label);
  return { values: kind.array(numbers), shape: kind.shape };
}

/** The labels of some rows, [rows, ...shape]. */
export function takeLabels(labels: LabelTable, rows: Uint32Array): HostTensor {
  return hostTensor(takeValues(labels, rows), [rows.length, ...labels.shape]);
}

/** The same, one after the other. */
export function takeValues({ values, shape }: LabelTable, rows: Uint32Array): LabelTable['values'] {
  const width = sizeOf(shape);
  const taken = values.slice(0, rows.length * width);
  rows.forEach((row, i) => taken.set(values.subarray(row * width, (row + 1) * width), i * width));
  return taken;
}

interface Kind {
  readonly expected: string;
  readonly shape: readonly number[];
  fits(label: AnyLabel): boolean;
  array(numbers: readonly number[]): LabelTable['values'];
}

const CLASS: Kind = {
  expected: 'class numbers from 0 as labels',
  shape: [],
  fits: (label) => Number.isInteger(label) && (label as number) >= 0,
  array: (numbers) => Int32Array.from(numbers),
};

const NUMBER: Kind = {
  expected: 'finite labels',
  shape: [],
  fits: Number.isFinite,
  array: (numbers) => Float32Array.from(numbers),
};

const several = (count: number): Kind => ({
  expected: `${Math.max(count, 1)} finite label(s) for every example`,
  shape: [count],
  fits: (label) =>
    Array.isArray(label) && label.length === count && count > 0 && label.every(Number.isFinite),
  array: NUMBER.array,
});

const shown = (label: AnyLabel): string => (typeof label === 'number' ? `${label}` : `[${label.join(', ')}]`);
