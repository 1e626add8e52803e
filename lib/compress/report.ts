import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { FileSize, fileSizes } from '../core/file-sizes';
import { Weight, weightsOf } from '../core/weights';
import type { MaskKind } from '../pruning/mask';
import { effectiveValues, maskKindOf } from '../pruning/model-masks';
import { defaultTargets } from '../pruning/targets';
import { bytesOf, zerosOf } from '../quantization/decode';
import type { EncodedWeight } from '../quantization/encoded-weight';
import { storedBits } from '../quantization/pack';
import { Compressed, compressedOf } from './compressed';
import type { Skipped } from './prepared';

/** One weight as it is stored. */
export interface ReportRow {
  /** As `weightsOf` names it. */
  readonly path: string;
  /** Of the weight, whatever the shape of its codes. */
  readonly shape: readonly number[];
  /** Values of the weight, zeros included. */
  readonly parameters: number;
  /** Values that are exactly 0, counted: on the codes where there are codes. */
  readonly zeros: number;
  /** `zeros / parameters`. Zeros strewn over a weight make nothing faster in onnxruntime: it multiplies by them too. */
  readonly sparsity: number;
  /** Of a value as it is stored: 32, or the width of its code. */
  readonly bits: number;
  /** Bits that the code takes; more than `bits` where no runtime has a kernel for that width. */
  readonly storedBits: number;
  /** Of the values as stored, with their scales; zeros take room too. */
  readonly bytes: number;
  /** Whether it is a pruning target. */
  readonly target: boolean;
  /** What its mask does, where it has one: zeros of a latent mask are counted, though the weight has others. */
  readonly mask?: MaskKind;
}

/** Sums over some rows. */
export interface ReportTotal {
  /** Values, zeros included. */
  readonly parameters: number;
  /** Values that are exactly 0, counted. */
  readonly zeros: number;
  /** `zeros / parameters`. */
  readonly sparsity: number;
  /** Of the values as stored, with their scales. */
  readonly bytes: number;
}

/** What a model's weights take, one by one and in all. */
export interface Report {
  /** Every weight, in the model's order. */
  readonly rows: readonly ReportRow[];
  /** Of all rows. */
  readonly total: ReportTotal;
  /** The pruning targets only. */
  readonly targets: ReportTotal;
  /** What stayed in floats, and why. */
  readonly skipped: readonly Skipped[];
  /** What lies in the folder that was asked for: bytes as written, with all that a file has beside weights, and once gzip has compressed them. */
  readonly files?: readonly FileSize[];
}

/** Options of {@link report}. */
export interface ReportOptions {
  /** Paths of the pruning targets. Default: `defaultTargets(model)`. */
  readonly targets?: readonly string[];
  /** Folder that the model was saved to: its files are measured, and compressed, which takes some seconds for 100 MB. */
  readonly folder?: string;
}

/**
 * What a model's weights take: counted and measured on the arrays themselves, nothing copied from a config. Zeros take as much room as other
 * values, but for what gzip, or `exportOnnx(…, { sparse: true })`, makes of them.
 *
 * @param subject a model, or a converted one, whose quantized weights count as codes and scales.
 * @throws UserError for a target that the model does not have, or a folder that is not there.
 *
 * @example
 * saveHuggingFace(compressed, 'small', { tokenizerFiles });
 * console.table(report(compressed, { folder: 'small' }).files);
 */
export function report(subject: tf.LayersModel | Compressed, options: ReportOptions = {}): Report {
  const { targets, folder } = options;
  const { model, weights: codes, skipped } = compressedOf(subject);
  const weights = weightsOf(model);
  const paths = targets ?? defaultTargets(model).map(({ path }) => path);
  const unknown = paths.find((path) => weights.every((weight) => weight.path !== path));
  if (unknown !== undefined) {
    throw new UserError(`Expected pruning targets among the weights of "${model.name}", got "${unknown}".`);
  }
  const rows = weights.map((weight) => rowOf(weight, codes, paths.includes(weight.path)));
  return {
    rows,
    total: totalOf(rows),
    targets: totalOf(rows.filter(({ target }) => target)),
    skipped,
    ...(folder === undefined ? {} : { files: fileSizes(folder, { gzip: true }) }),
  };
}

type Stored = Pick<ReportRow, 'zeros' | 'bits' | 'storedBits' | 'bytes'>;

function rowOf(weight: Weight, codes: Compressed['weights'], target: boolean): ReportRow {
  const { shape, size: parameters } = weight.variable;
  const encoded = codes.get(weight.path);
  const stored = encoded ? storedAsCodes(encoded) : storedAsFloats(effectiveValues(weight.variable));
  const sparsity = parameters === 0 ? 0 : stored.zeros / parameters;
  const mask = maskKindOf(weight.variable);
  return { path: weight.path, shape, parameters, sparsity, target, ...(mask ? { mask } : {}), ...stored };
}

function storedAsCodes(encoded: EncodedWeight): Stored {
  const { bits } = encoded.spec;
  return { zeros: zerosOf(encoded), bits, storedBits: storedBits(bits), bytes: bytesOf(encoded) };
}

function storedAsFloats(values: tf.TypedArray): Stored {
  const bits = 8 * values.BYTES_PER_ELEMENT;
  return { zeros: countZeros(values), bits, storedBits: bits, bytes: values.byteLength };
}

function countZeros(values: tf.TypedArray): number {
  let zeros = 0;
  for (let i = 0; i < values.length; i++) zeros += Number(values[i] === 0);
  return zeros;
}

function totalOf(rows: readonly ReportRow[]): ReportTotal {
  const sum = (key: 'parameters' | 'zeros' | 'bytes') => rows.reduce((total, row) => total + row[key], 0);
  const [parameters, zeros] = [sum('parameters'), sum('zeros')];
  return { parameters, zeros, sparsity: parameters === 0 ? 0 : zeros / parameters, bytes: sum('bytes') };
}
