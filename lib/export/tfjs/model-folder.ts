import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { writeFileAtomically } from '../../core/atomic-file';
import { sha256Of } from '../../core/digests';
import { UserError } from '../../core/errors';
import { makeFolder } from '../../core/make-folder';
import { sync } from '../../core/sync';
import type { EncodedWeight } from '../../quantization/encoded-weight';
import { readCodes } from '../codes-file';
import { CODES_BESIDE, ManifestEntry, ModelJson, readModelJson } from './model-json';
import { DIGITS, readGroup, writeShards } from './shards';
import { floatsOf, hasShape, joined, StoredWeight } from './stored-weight';

/** Names that this library gives to files beside a model.json. */
const OURS = new RegExp(`^(group1-shard\\d+of\\d+|codes|masks)-[0-9a-f]{${DIGITS}}\\.(bin|safetensors)$`);

/** What a folder is written of. */
export interface FolderContent {
  /** All that model.json says but for its weights. */
  readonly json: Omit<ModelJson, 'weightsManifest' | 'whittle'>;
  readonly entries: readonly ManifestEntry[];
  /** The weights one after the other. */
  readonly bytes: Uint8Array;
  /** What writes further files of ours. */
  readonly beside?: { readonly [kind in Kind]?: (file: string) => void };
}

type Kind = 'codes' | 'masks';

/**
 * Writes model.json and what belongs to it. Files of other names stay; those that this library wrote of an earlier model are removed. New
 * files have new names and model.json comes last, so whenever the process is killed the folder holds the earlier model or the new one.
 */
export function writeModelFolder(folder: string, { json, entries, bytes, beside = {} }: FolderContent): void {
  makeFolder(folder);
  const paths = writeShards(folder, bytes);
  const whittle = Object.fromEntries(
    Object.entries(beside).map(([kind, write]) => [kind, writeBeside(folder, kind, write)]),
  );
  sync(folder);
  const weightsManifest = [{ paths, weights: entries }];
  const ours = Object.keys(whittle).length > 0 ? { whittle } : {};
  writeFileAtomically(path.join(folder, 'model.json'), JSON.stringify({ ...json, weightsManifest, ...ours }));
  const kept = new Set([...paths, ...Object.values(whittle)]);
  for (const name of fs.readdirSync(folder))
    if (OURS.test(name) && !kept.has(name)) fs.rmSync(path.join(folder, name));
}

/** The name that the file got, which has the digest of its content in it. */
function writeBeside(folder: string, kind: string, write: (file: string) => void): string {
  const made = path.join(folder, `${kind}.safetensors.new`);
  write(made);
  const name = `${kind}-${sha256Of(made).slice(0, DIGITS)}.safetensors`;
  fs.renameSync(made, path.join(folder, name));
  return name;
}

/** A model as it is stored. */
export interface StoredModel {
  /** Its model.json. */
  readonly file: string;
  readonly json: ModelJson;
  /** Those that lie beside as codes, too, whose bytes are none. */
  readonly weights: readonly StoredWeight[];
  /** By path, those that lie beside. */
  readonly codes: ReadonlyMap<string, EncodedWeight>;
}

/**
 * Reads a model's folder.
 *
 * @param place the folder, or a model.json of any name; with or without `file://`.
 * @throws UserError for files that are missing, damaged or of another kind.
 */
export function readModelFolder(place: string): StoredModel {
  const file = modelFileOf(place);
  const json = readModelJson(file);
  const weights = json.weightsManifest.flatMap((group) => readGroup(group, file));
  return { file, json, weights, codes: codesBeside(json, file) };
}

const SCHEME = 'file://';

/** Whether a URL is of a file. */
export const isFileUrl = (url: string): boolean => url.startsWith(SCHEME);

/** The path in a URL, as tfjs-node takes it: what follows `file://`, of a relative path `file://./…`. */
export const pathOf = (place: string): string => (isFileUrl(place) ? place.slice(SCHEME.length) : place);

function modelFileOf(place: string): string {
  const own = pathOf(place);
  return own.endsWith('.json') ? own : path.join(own, 'model.json');
}

function codesBeside({ whittle }: ModelJson, file: string): ReadonlyMap<string, EncodedWeight> {
  if (whittle?.codes === undefined) return new Map();
  const stored = readCodes(path.join(path.dirname(file), whittle.codes));
  if (stored) return stored.weights;
  throw new UserError(
    `Expected the codes ${whittle.codes}, which ${file} tells of, beside it, but there are none; copy or save the model again.`,
  );
}

/** What tfjs makes a model of: weights that lie beside as codes are floats here. */
export function artifactsOf({ json, weights, codes, file }: StoredModel): tf.io.ModelArtifacts {
  const readable = weights.map((weight) => {
    const { quantization } = weight.entry;
    return quantization?.dtype === CODES_BESIDE ? fromCodes(weight.entry, codes, file) : weight;
  });
  const specs = readable.map(({ entry }) => entry as tf.io.WeightsManifestEntry);
  const data = joined(readable.map(({ bytes }) => bytes)).buffer;
  return tf.io.getModelArtifactsForJSONSync(json as unknown as tf.io.ModelJSON, specs, data);
}

function fromCodes(
  entry: ManifestEntry,
  codes: ReadonlyMap<string, EncodedWeight>,
  file: string,
): StoredWeight {
  const encoded = codes.get(entry.quantization!.codes!);
  if (encoded && hasShape(encoded, entry.shape)) return floatsOf(entry, encoded);
  throw new UserError(
    `Expected codes of shape [${entry.shape.join(', ')}] for the weight "${entry.name}" of ${file}, ` +
      `got ${encoded ? `some of [${encoded.shape.join(', ')}]` : 'none'}; save the model again.`,
  );
}
