import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { type HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { arranged, type Tensors } from './arranged';

/** What the classes of an output count: `{ 0: 1, 1: 5 }`. */
export type ClassWeight = Readonly<Record<number, number>>;

/** Something of each output: of the only one, or a list in their order, or a record by their names. */
export type ByOutput<T> = T | readonly (T | undefined)[] | Readonly<Record<string, T>>;

/** How much examples count in training. */
export interface WeightOptions {
  /** A number ≥ 0 for each example, [examples], by which its loss is multiplied; 1 by default. */
  readonly sampleWeight?: Tensors;
  /** The same by class: labels are class numbers, or have a 1 in the place of the class. */
  readonly classWeight?: ByOutput<ClassWeight>;
}

/**
 * What each example counts, of each output, [examples]; none where everything counts the same.
 *
 * @throws UserError for weights that are no numbers from 0, of other examples, and for a class without one.
 */
export async function weightsOfExamples(
  { sampleWeight, classWeight }: WeightOptions,
  ys: readonly HostTensor[],
  names: readonly string[],
): Promise<HostTensor[]> {
  if (!sampleWeight && !classWeight) return [];
  const given = sampleWeight && (await samples(sampleWeight, names));
  const classes = classWeight ? byOutput(classWeight, names, 'classWeight') : [];
  return ys.map((labels, i) => {
    const examples = labels.shape[0]!;
    const of = (row: number) =>
      (given?.[i]?.data[row] ?? 1) * weightOfClass(labels, row, classes[i], names[i]!);
    if (given && given[i]!.data.length !== examples) {
      throw new UserError(
        `Expected a sampleWeight for each of ${examples} examples, got ${given[i]!.data.length}.`,
      );
    }
    return hostTensor(
      Float32Array.from({ length: examples }, (_, row) => of(row)),
      [examples],
    );
  });
}

async function samples(weights: Tensors, names: readonly string[]): Promise<HostTensor[]> {
  const places = names.map((name) => ({ name, shape: [null, 1] }));
  const found = await arranged(weights, places, 'sampleWeight');
  for (const { data } of found) {
    const row = data.findIndex((weight) => !(weight >= 0 && weight < Infinity));
    if (row < 0) continue;
    throw new UserError(`Expected finite numbers >= 0 as sampleWeight, got ${data[row]} in row ${row}.`);
  }
  return found;
}

function weightOfClass(
  labels: HostTensor,
  row: number,
  weights: ClassWeight | undefined,
  name: string,
): number {
  if (!weights) return 1;
  const label = classOf(labels, row, name);
  const weight = weights[label];
  if (weight !== undefined && weight >= 0 && weight < Infinity) return weight;
  throw new UserError(
    `Expected classWeight to have a number >= 0 for every class of "${name}", got ${weight ?? 'none'} for class ${label} of row ${row}.`,
  );
}

function classOf({ data, shape }: HostTensor, row: number, name: string): number {
  if (shape.length !== 2) {
    throw new UserError(
      `Expected one class for each example of "${name}" to have a classWeight, got labels of shape [${shape.join(', ')}]; give a sampleWeight.`,
    );
  }
  const width = shape[1]!;
  const own = data.subarray(row * width, (row + 1) * width);
  return width === 1 ? own[0]! : own.indexOf(Math.max(...own));
}

/** @throws UserError for a list of another length, and names of no output. */
export function byOutput<T>(value: ByOutput<T>, names: readonly string[], what: string): (T | undefined)[] {
  if (isList<T>(value)) {
    if (value.length === names.length) return [...value];
    throw new UserError(
      `Expected ${what} of ${names.length} outputs (${names.join(', ')}), got ${value.length}.`,
    );
  }
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.length > 0 && keys.every((key) => names.includes(key))) {
    return names.map((name) => (value as Readonly<Record<string, T>>)[name]);
  }
  if (names.length === 1) return [value as T];
  throw new UserError(
    `Expected ${what} as a list, or a record with names of ${names.join(', ')}, got ${keys.join(', ') || String(value)}.`,
  );
}

const isList = <T>(value: unknown): value is readonly (T | undefined)[] => Array.isArray(value);

/**
 * The mean of a loss over all that it is of, each example's by its weight.
 *
 * @param score [examples, ...]
 * @param weights [examples]
 * @throws UserError for a loss that is a single number.
 */
export function weightedMean(score: tf.Tensor, weights: tf.Tensor | undefined, name: string): tf.Scalar {
  if (!weights) return score.mean() as tf.Scalar;
  if (score.rank === 0) {
    throw new UserError(
      `Expected a loss of each example of "${name}" to be weighted, got one number of them all; let it return a tensor [examples].`,
    );
  }
  const [examples = 1] = score.shape;
  return score.mul(weights.reshape([examples, ...score.shape.slice(1).map(() => 1)])).mean() as tf.Scalar;
}
