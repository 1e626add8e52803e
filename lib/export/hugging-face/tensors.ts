import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { quoted, shownName } from '../../core/printable';
import { areFinite } from '../../core/are-finite';
import { hostOf, HostTensor, hostTensor } from '../../core/host-tensor';
import { Weight, weightsOf } from '../../core/weights';
import type { FamilyName } from '../../models/family';
import { decode } from '../../quantization/decode';
import type { EncodedWeight } from '../../quantization/encoded-weight';
import type { ResolvedBertConfig } from '../../models/bert-config';
import { bertShapes } from '../../models/bert-shapes';
import { truncatedNormal } from '../../models/initializer';
import { huggingFaceFamilies } from './families';
import type { HuggingFaceFamily } from './family';
import { canonicalName, isStored, isTransposed, storedName } from './names';

type Tensors = ReadonlyMap<string, HostTensor>;

/** What a checkpoint and a model have not in common. */
export interface Filled {
  /** Paths of the weights that the checkpoint does not have: kernels are drawn from the seed, biases are 0. */
  readonly fresh: readonly string[];
  /** Names of the checkpoint's tensors that the model has no use for. */
  readonly ignored: readonly string[];
}

/** Options of `matchTensors`. */
export interface MatchOptions {
  readonly config: ResolvedBertConfig;
  /** Start a new classifier even if the checkpoint has one. */
  readonly newClassifier: boolean;
  /** For the messages. */
  readonly folder: string;
}

/** What each weight of a model is to be filled with. */
export interface Match extends Filled {
  /** By the path of the weight, those that are not fresh. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/**
 * Finds the tensor of a checkpoint for every weight of a configuration; pooler and classifier, of which the checkpoint has nothing, start
 * anew. Nothing is made room for.
 *
 * @throws UserError that lists by name what is missing, has another shape or dtype, or belongs to no weight, and for numbers that are not
 *   finite.
 */
export function matchTensors(stored: Tensors, { config, newClassifier, folder }: MatchOptions): Match {
  const family = huggingFaceFamilies[config.family];
  const tensors = canonical(stored, family, folder);
  if (newClassifier) CLASSIFIER.forEach((path) => tensors.delete(storedName(path, family)));
  const weights = [...bertShapes(config)].map(([path, shape]) => ({
    path,
    name: storedName(path, family),
    shape: isTransposed(path) ? shape.toReversed() : shape,
  }));
  const fresh = freshWeights(weights, tensors);
  const kept = weights.filter(({ path }) => !fresh.has(path));
  const used = new Set(weights.map(({ name }) => name));
  const ignored = [...tensors.keys()].filter((name) => !used.has(name));
  checkTensors(kept, { tensors, ignored, family, folder });
  kept.forEach(({ name }) => expectFinite(name, tensors.get(name)!, folder));
  const matched = kept.map(({ path, name }) => [path, tensors.get(name)!] as const);
  return { fresh: [...fresh], ignored, tensors: new Map(matched) };
}

/** Gives every weight of a model its value: what was found for it, or a first one. */
export function fillFrom({ tensors }: Match, model: tf.LayersModel, config: ResolvedBertConfig): void {
  for (const weight of weightsOf(model)) {
    const tensor = tensors.get(weight.path);
    assign(weight, tensor ? take(weight, tensor) : draw(weight, config));
  }
}

/** A weight of a configuration, as it is stored. */
interface Expected {
  readonly path: string;
  readonly name: string;
  readonly shape: readonly number[];
}

function expectFinite(name: string, { data }: HostTensor, folder: string): void {
  if (areFinite(data)) return;
  const place = data.findIndex((value: number) => !Number.isFinite(value));
  throw new UserError(
    `Expected finite numbers as the weights in ${folder}, got ${data[place]} as number ${place} of ${name}: the file is damaged or its ` +
      'training diverged; take another copy.',
  );
}

/** Positions and types of tokens that old releases stored: 0, 1, … and zeros. */
const BUFFERS = /\.embeddings\.(position_ids|token_type_ids)$/;

/** The tensors by the names that transformers gives them today. */
function canonical(stored: Tensors, family: HuggingFaceFamily, folder: string): Map<string, HostTensor> {
  const tensors = new Map<string, HostTensor>();
  for (const [old, tensor] of stored) {
    const name = canonicalName(old, family);
    if (BUFFERS.test(name)) continue;
    if (tensors.has(name)) {
      throw new UserError(
        `Expected ${shownName(name)} once in ${folder}, got it by two names, as ${shownName(old)} too.`,
      );
    }
    tensors.set(name, tensor);
  }
  return tensors;
}

const CLASSIFIER = ['classifier/kernel', 'classifier/bias'];

/** Paths of pooler and classifier, as far as nothing of them is stored. */
function freshWeights(weights: readonly Expected[], tensors: Tensors): Set<string> {
  const heads = ['pooler', 'classifier'].map((name) =>
    weights.filter(({ path }) => path.startsWith(`${name}/`)),
  );
  const missing = heads.filter((head) => !head.some(({ name }) => tensors.has(name)));
  return new Set(missing.flat().map(({ path }) => path));
}

interface Check {
  readonly tensors: Tensors;
  /** Tensors of no weight. */
  readonly ignored: readonly string[];
  readonly family: HuggingFaceFamily;
  readonly folder: string;
}

function checkTensors(expected: readonly Expected[], { tensors, ignored, family, folder }: Check): void {
  const missing = expected.filter(({ name }) => !tensors.has(name)).map(({ name }) => name);
  const different = expected.flatMap(({ name, shape }) => {
    const tensor = tensors.get(name);
    const [is, wanted] = [describe(tensor?.dtype, tensor?.shape), describe('float32', shape)];
    return !tensor || is === wanted ? [] : [{ name, problem: `${name} is ${is} instead of ${wanted}` }];
  });
  if (missing.length + different.length === 0) return;
  const classifier = CLASSIFIER.map((path) => storedName(path, family));
  const hint = [...missing, ...different.map(({ name }) => name)].every((name) => classifier.includes(name))
    ? 'the labels differ, so ask for a new classifier'
    : 'config.json and the tensors are not of one model';
  const problems = [
    listed('missing', missing),
    listed(
      'of another shape',
      different.map(({ problem }) => problem),
    ),
    listed(
      'unknown',
      ignored.filter((name) => !family.unused.test(name)),
    ),
  ];
  throw new UserError(
    `Expected the tensors that config.json describes in ${folder}, but ${problems.flat().join('; ')}; ${hint}.`,
  );
}

function describe(dtype?: string, shape: readonly number[] = []): string {
  return `${dtype} [${shape.join(', ')}]`;
}

/** Names that a message has room for. */
const ROOM = 8;

function listed(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > ROOM ? `, and ${names.length - ROOM} more` : '';
  return [`${names.length} ${what}: ${names.slice(0, ROOM).map(shownName).join(', ')}${more}`];
}

function take({ path, variable }: Weight, { data, shape }: HostTensor): tf.Tensor {
  const values = isTransposed(path) ? transpose(data as Float32Array, shape) : data;
  return tf.tensor(values, variable.shape, 'float32');
}

function draw({ path, variable }: Weight, { initializerRange: stddev, seed }: ResolvedBertConfig): tf.Tensor {
  return isTransposed(path)
    ? truncatedNormal({ stddev, seed, path }).apply(variable.shape)
    : tf.zeros(variable.shape);
}

function assign({ variable }: Weight, value: tf.Tensor): void {
  variable.assign(value);
  value.dispose();
}

/**
 * The weights of a model as transformers stores them, by name.
 *
 * @param left paths of weights to leave out.
 */
export function storedTensors(
  model: tf.LayersModel,
  family: HuggingFaceFamily,
  left: readonly string[] = [],
): Map<string, HostTensor> {
  const weights = weightsOf(model).filter(({ path }) => !left.includes(path));
  return new Map(
    weights.map(({ path, variable }) => [storedName(path, family), asStored(path, hostOf(variable))]),
  );
}

function asStored(path: string, values: HostTensor): HostTensor {
  if (!isTransposed(path)) return values;
  return hostTensor(transpose(values.data as Float32Array, values.shape), values.shape.toReversed());
}

/**
 * The tensors of a checkpoint, and those of a compressed model that are there as codes only.
 *
 * @throws UserError for codes that stand for other numbers than the checkpoint has: one of the two was written later.
 */
export function addDecoded(
  stored: Tensors,
  weights: ReadonlyMap<string, EncodedWeight>,
  family: FamilyName,
  folder: string,
): Map<string, HostTensor> {
  const tensors = new Map(stored);
  for (const [path, encoded] of weights) {
    const name = nameOf(path, huggingFaceFamilies[family], folder);
    const decoded = asStored(path, hostTensor(decode(encoded), [...encoded.shape]));
    const floats = tensors.get(name);
    if (floats && !sameValues(floats, decoded)) {
      throw new UserError(
        `Expected the codes of ${name} in ${folder} to stand for what model.safetensors holds, but they do not: one of the two ` +
          'files is of another model; delete codes.safetensors to go on with the floats.',
      );
    }
    tensors.set(name, decoded);
  }
  return tensors;
}

function nameOf(path: string, family: HuggingFaceFamily, folder: string): string {
  if (isStored(path, family)) return storedName(path, family);
  throw new UserError(
    `Expected codes of the weights of a ${family.prefix} in ${folder}, got some of ${quoted(path)}; save the model again.`,
  );
}

function sameValues(a: HostTensor, b: HostTensor): boolean {
  return a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i]);
}

/** [rows, columns] → [columns, rows] */
function transpose(values: Float32Array, shape: readonly number[]): Float32Array {
  const [rows, columns] = shape as [number, number];
  const transposed = new Float32Array(values.length);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) transposed[column * rows + row] = values[i++]!;
  }
  return transposed;
}
