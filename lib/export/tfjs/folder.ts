import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Compressed, compressedOf, expectCurrent } from '../../compress/compressed';
import { UserError } from '../../core/errors';
import { printable, quoted } from '../../core/printable';
import { withWholeConfigs } from '../../core/forgotten-settings';
import { hostOf } from '../../core/host-tensor';
import { layersOf } from '../../core/layers';
import { variableOf, weightsOf } from '../../core/weights';
import '../../models/own-layers';
import { expectHard } from '../../pruning/expect-hard';
import { loadMasks, saveMasks } from '../../pruning/mask-file';
import { masksOf, setMasks } from '../../pruning/model-masks';
import { decode } from '../../quantization/decode';
import type { EncodedWeight } from '../../quantization/encoded-weight';
import { writeCodes } from '../codes-file';
import { expectUsable } from './expect-usable';
import { artifactsOf, pathOf, readModelFolder, StoredModel, writeModelFolder } from './model-folder';
import { CODES_BESIDE } from './model-json';
import { encodedOf, joined, StoredWeight, storedWeight } from './stored-weight';

/** Options of `saveTfjs`. */
export interface SaveTfjsOptions {
  /**
   * Keep all weights that are codes as codes, as small as they are, in a file beside: only `loadTfjs` and this library's `file://` read the
   * folder then, and stock tfjs says so. Default false.
   */
  readonly codes?: boolean;
}

/**
 * Saves a model as a folder of tfjs: `model.json` and shards of at most 4 MiB, which `tf.loadLayersModel` loads, in Node and in browsers:
 * without a class of ours where all layers are tfjs's own, else after `import 'whittle-tfjs/layers'`. The numbers are those of the model, bit
 * for bit. Codes of up to 8 bits under one scale (`int8(perTensor())`) lie there as tfjs's uint8, `fp16()` as its float16; codes under several
 * scales, which its format does not have, as floats, or with `{ codes: true }` as they are. Masks lie beside. What is attached to a model
 * is not saved: convert it first.
 *
 * @param subject a model, or what `convert` returns.
 * @param folder made if it is not there; also as `file://<folder>`. A model in it is replaced, whole or not at all; files of other names
 *   stay.
 * @throws UserError, before anything is written, if codes are not those of the weights any more, a mask is latent, or two weights have the
 *   same name, by which tfjs's format knows them.
 *
 * @example saveTfjs(convert(prepare(model, weightOnly(int8(perTensor())))), 'small');
 */
export function saveTfjs(
  subject: tf.LayersModel | Compressed,
  folder: string,
  { codes = false }: SaveTfjsOptions = {},
): void {
  const compressed = compressedOf(subject);
  const { model } = compressed;
  expectCurrent(compressed);
  expectHard(model);
  const stored = storedWeights(compressed, codes);
  const masks = masksOf(model);
  const hasBeside = codes && compressed.weights.size > 0;
  writeModelFolder(pathOf(folder), {
    json: describe(model),
    entries: stored.map(({ entry }) => entry),
    bytes: joined(stored.map(({ bytes }) => bytes)),
    beside: {
      ...(hasBeside && { codes: (file: string) => writeCodes(file, compressed) }),
      ...(masks.size > 0 && { masks: (file: string) => saveMasks(file, masks) }),
    },
  });
}

/** What `model.save` would say of it. */
function describe(model: tf.LayersModel) {
  const userDefinedMetadata = model.getUserDefinedMetadata() as tf.io.ModelJSON['userDefinedMetadata'];
  return {
    modelTopology: withWholeConfigs(layersOf(model), () => model.toJSON(null, false)) as object,
    format: 'layers-model',
    generatedBy: `TensorFlow.js tfjs-layers v${tf.version_layers}`,
    convertedBy: null,
    ...(userDefinedMetadata && { userDefinedMetadata }),
  };
}

function storedWeights({ model, weights }: Compressed, codes: boolean): StoredWeight[] {
  const paths = pathsByVariable(model);
  return [...namedVariables(model)].map(([name, variable]) => {
    const weight = paths.get(variable)!;
    const encoded = weights.get(weight);
    if (!codes || !encoded) return storedWeight(name, hostOf(variable), encoded);
    const quantization = { dtype: CODES_BESIDE, codes: weight };
    return {
      entry: { name, shape: variable.shape, dtype: 'float32', quantization },
      bytes: new Uint8Array(),
    };
  });
}

const pathsByVariable = (model: tf.LayersModel): Map<tf.Variable, string> =>
  new Map(weightsOf(model).map(({ variable, path: weight }) => [variable, weight]));

/** The weights by the names that tfjs's format knows them by. */
function namedVariables(model: tf.LayersModel): Map<string, tf.Variable> {
  const named = new Map<string, tf.Variable>();
  for (const weight of model.layers.flatMap((layer) => layer.weights)) {
    const { originalName: name } = weight;
    if (named.has(name)) {
      throw new UserError(
        `Expected weights of different names to save "${model.name}", got two called "${name}", which tfjs could not load; give the ` +
          'layers names of their own.',
      );
    }
    named.set(name, variableOf(weight));
  }
  return named;
}

/**
 * Loads a model of layers from a folder of tfjs, of `saveTfjs`, of `model.save` or of tensorflowjs_converter; its codes, and masks, where
 * `saveTfjs` left some. The caller owns the model.
 *
 * @param folder the folder, or a model.json of any name; with or without `file://`.
 * @returns the model, with its codes by path; there are none of a model that was saved in floats.
 * @throws UserError for a file that is missing, damaged, longer or shorter than it should be, or outside of the folder; for a graph model;
 *   for a class of layers that is not registered, by name.
 *
 * @example const { model, weights } = await loadTfjs('small');
 */
export async function loadTfjs(folder: string): Promise<Compressed> {
  const stored = readModelFolder(folder);
  const model = await modelOf(stored);
  try {
    expectUsable(model, stored.file);
    const weights = codesOf(stored, model);
    loadMasksOf(model, stored);
    return { model, weights, skipped: [] };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function modelOf(stored: StoredModel): Promise<tf.LayersModel> {
  const artifacts = artifactsOf(stored);
  try {
    return await tf.loadLayersModel({ load: () => Promise.resolve(artifacts) });
  } catch (error) {
    throw unloadable(error as Error, stored.file);
  }
}

function unloadable({ message }: Error, file: string): UserError {
  const [, kind, name] = /^Unknown (.+?): (.+?)\. This may be due to/.exec(message) ?? [];
  if (name === undefined) {
    const problem = printable(message.replace(/\s+/g, ' ').slice(0, ROOM)).replace(/\.$/, '');
    return new UserError(`Expected a model that tfjs can make in ${file}, but: ${problem}.`);
  }
  const remedy = name.startsWith('Whittle')
    ? 'it is of a newer whittle-tfjs, install that'
    : 'import the module that defines it and calls tf.serialization.registerClass before';
  return new UserError(
    `Expected registered classes in ${file}, got the ${kind} ${quoted(name)}, which is not; ${remedy}.`,
  );
}

/** Characters of what tfjs says of a model that are told: it quotes whole layers. */
const ROOM = 500;

/** Codes that are in shards, and those beside, by path. */
function codesOf({ weights, codes, file }: StoredModel, model: tf.LayersModel): Map<string, EncodedWeight> {
  const stored = new Map(weights.map((weight) => [weight.entry.name, weight]));
  const paths = pathsByVariable(model);
  const found = new Map<string, EncodedWeight>();
  for (const [name, variable] of namedVariables(model)) {
    const weight = stored.get(name);
    const beside = weight?.entry.quantization?.codes;
    const encoded = beside === undefined ? weight && codesIn(weight, file) : codes.get(beside);
    if (encoded) found.set(paths.get(variable)!, expectNumbers(encoded, variable, file));
  }
  return found;
}

function codesIn(weight: StoredWeight, file: string): EncodedWeight | undefined {
  try {
    return encodedOf(weight);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw wrongSpec(weight.entry.name, file);
  }
}

/** @throws UserError if codes do not stand for the numbers that tfjs reads. */
function expectNumbers(encoded: EncodedWeight, variable: tf.Variable, file: string): EncodedWeight {
  const { data } = hostOf(variable);
  if (decode(encoded).every((value, i) => Object.is(value, data[i]))) return encoded;
  throw wrongSpec(variable.name, file);
}

function wrongSpec(name: string, file: string): UserError {
  return new UserError(
    `Expected the codes of "${name}" in ${file} to be told of as they are, but the spec there is of others; save the model again.`,
  );
}

function loadMasksOf(model: tf.LayersModel, { json, file }: StoredModel): void {
  const masks = json.whittle?.masks;
  if (masks !== undefined) setMasks(model, loadMasks(path.join(path.dirname(file), masks)));
}
