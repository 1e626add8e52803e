import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { hostOf } from '../core/host-tensor';
import { Weight, weightsOf } from '../core/weights';
import { defaultTargets } from '../pruning/targets';
import { Converted } from './convert';

/** One weight as it is stored. */
export interface ReportRow {
  readonly path: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  /** Entries that are exactly 0, counted: codes where there are codes. */
  readonly zeros: number;
  /** `zeros / parameters`. */
  readonly sparsity: number;
  readonly bits: number;
  /** Of the values as stored, with their scales; zeros take room too. */
  readonly bytes: number;
  /** Whether it is a pruning target. */
  readonly target: boolean;
}

/** Sums over some rows. */
export interface ReportTotal {
  readonly parameters: number;
  readonly zeros: number;
  readonly sparsity: number;
  readonly bytes: number;
}

export interface Report {
  /** Every weight, in the model's order. */
  readonly rows: readonly ReportRow[];
  readonly total: ReportTotal;
  /** The pruning targets only. */
  readonly targets: ReportTotal;
}

export interface ReportOptions {
  /** Paths of the pruning targets. Default: `defaultTargets(model)`. */
  readonly targets?: readonly string[];
}

/**
 * What a model's weights take: counted and measured on the arrays themselves, nothing copied from a config.
 *
 * @param subject a model, or a converted one, whose quantized weights count as codes and scales.
 * @throws UserError for a target that the model does not have.
 */
export function report(subject: tf.LayersModel | Converted, { targets }: ReportOptions = {}): Report {
  const { model, weights: codes } = 'layers' in subject ? plain(subject) : subject;
  const weights = weightsOf(model);
  const paths = targets ?? defaultTargets(model).map(({ path }) => path);
  const unknown = paths.find((path) => weights.every((weight) => weight.path !== path));
  if (unknown !== undefined) {
    throw new UserError(`Expected pruning targets among the weights of "${model.name}", got "${unknown}".`);
  }
  const rows = weights.map((weight) => rowOf(weight, codes, paths.includes(weight.path)));
  return { rows, total: totalOf(rows), targets: totalOf(rows.filter(({ target }) => target)) };
}

const plain = (model: tf.LayersModel): Converted => ({ model, weights: new Map() });

function rowOf({ path, variable }: Weight, codes: Converted['weights'], target: boolean): ReportRow {
  const quantized = codes.get(path);
  const stored = quantized?.codes ?? hostOf(variable).data;
  const zeros = countZeros(stored);
  return {
    path,
    shape: variable.shape,
    parameters: stored.length,
    zeros,
    sparsity: zeros / stored.length,
    bits: 8 * stored.BYTES_PER_ELEMENT,
    bytes: stored.byteLength + (quantized?.scales.byteLength ?? 0),
    target,
  };
}

function countZeros(values: tf.TypedArray | Int8Array): number {
  let zeros = 0;
  for (let i = 0; i < values.length; i++) zeros += Number(values[i] === 0);
  return zeros;
}

function totalOf(rows: readonly ReportRow[]): ReportTotal {
  const sum = (key: 'parameters' | 'zeros' | 'bytes') => rows.reduce((total, row) => total + row[key], 0);
  const [parameters, zeros] = [sum('parameters'), sum('zeros')];
  return { parameters, zeros, sparsity: parameters === 0 ? 0 : zeros / parameters, bytes: sum('bytes') };
}
