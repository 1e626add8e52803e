import * as fs from 'node:fs';
import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import { sizeOf } from '../../core/host-tensor';
import type { SpecConfig } from '../../quantization/spec-config';
import { repeatedKey } from '../json-keys';

/** What the manifest says of one weight. */
export interface ManifestEntry extends Omit<tf.io.WeightsManifestEntry, 'quantization'> {
  readonly quantization?: Quantization;
}

/** How a weight lies in its shard: `number = stored · scale + min` of uint8 and uint16, or float16's 16 bits. */
export interface Quantization {
  /** `uint8`, `uint16`, `float16`; or `CODES_BESIDE`, of a weight that lies in no shard. */
  readonly dtype: string;
  readonly scale?: number;
  readonly min?: number;
  /** Ours, which tfjs passes over: the spec of the codes that uint8 and float16 hold. */
  readonly spec?: SpecConfig;
  /** Ours: the weight's path in the file of codes. */
  readonly codes?: string;
}

/** What stock tfjs says of a weight that it cannot read: "Weight … has unknown quantization dtype …". */
export const CODES_BESIDE = 'codes (of whittle-tfjs, whose loadTfjs reads this folder)';

/** Weights that lie in some shards, one after the other. */
export interface ManifestGroup {
  /** Files beside model.json. */
  readonly paths: readonly string[];
  readonly weights: readonly ManifestEntry[];
}

/** What a model.json holds. */
export interface ModelJson extends Omit<tf.io.ModelJSON, 'weightsManifest'> {
  readonly weightsManifest: readonly ManifestGroup[];
  /** Ours: files that lie beside it. */
  readonly whittle?: { readonly codes?: string; readonly masks?: string };
}

const FLOATS = { float32: 4, int32: 4, bool: 1 } as const;
const QUANTIZED = { uint8: 1, uint16: 2, float16: 2 } as const;

/** Bytes that a weight takes in its shard; beyond 2^53 they are not exact. */
export function bytesOfEntry({ dtype, shape, quantization }: ManifestEntry): number {
  const bytes = quantization
    ? (QUANTIZED[quantization.dtype as keyof typeof QUANTIZED] ?? 0)
    : FLOATS[dtype as keyof typeof FLOATS];
  return bytes * sizeOf(shape);
}

/**
 * Reads a model.json of tfjs and checks what it says of weights.
 *
 * @throws UserError for a file that is missing, no model of layers, or malformed, and for shards outside of its folder.
 */
export function readModelJson(file: string): ModelJson {
  const refuse = (problem: string): never => {
    throw new UserError(`Expected a model of tfjs layers in ${file}, but ${problem}; save it again.`);
  };
  const json = parsed(textOf(file), refuse);
  expectLayers(json, file);
  const { modelTopology, weightsManifest, whittle = {} } = json;
  if (!isRecord(modelTopology)) refuse('it has no modelTopology');
  if (!Array.isArray(weightsManifest)) return refuse('it has no weightsManifest');
  const names = weightsManifest.flatMap((group) => checkGroup(group, refuse));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) refuse(`it has the weight ${quoted(twice)} twice`);
  if (!isRecord(whittle)) return refuse('what it says under whittle is no record');
  Object.values(whittle).forEach((name) => checkPath(name, refuse));
  return json as unknown as ModelJson;
}

type Refuse = (problem: string) => never;
type Json = Readonly<Record<string, unknown>>;

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    throw new UserError(
      `Expected a model of tfjs at ${file}, but it cannot be read: check the path, or save the model again if saving was broken off.`,
    );
  }
}

function parsed(text: string, refuse: Refuse): Json {
  const json = parseObject(text) ?? refuse('it is no JSON object');
  const repeated = repeatedKey(text);
  return repeated === undefined ? json : refuse(`it has ${repeated} twice`);
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function expectLayers({ format, modelTopology }: Json, file: string): void {
  const isGraph =
    format === 'graph-model' || (isRecord(modelTopology) && Array.isArray(modelTopology['node']));
  if (!isGraph) return;
  throw new UserError(
    `Expected a model of layers in ${file}, got a graph model, which cannot be trained, pruned or quantized here; read it with ` +
      'tf.loadGraphModel, or convert its source to tfjs_layers_model.',
  );
}

/** The names of the group's weights. */
function checkGroup(group: unknown, refuse: Refuse): string[] {
  const { paths, weights } = isRecord(group) ? group : {};
  if (!Array.isArray(paths) || !Array.isArray(weights)) return refuse('a group of its manifest is malformed');
  paths.forEach((name) => checkPath(name, refuse));
  return weights.map((entry) => checkEntry(entry, refuse));
}

/** Only files of the model's own folder are read. */
function checkPath(name: unknown, refuse: Refuse): void {
  if (typeof name === 'string' && isFileName(name)) return;
  refuse(`it names ${quoted(name)} where the name of a file beside it is expected`);
}

const isFileName = (name: string): boolean =>
  /^[^/\\\p{Cc}]+$/u.test(name) && name !== '.' && name !== '..' && Buffer.byteLength(name) <= LONGEST_NAME;

/** Bytes that file systems have room for. */
const LONGEST_NAME = 255;

function checkEntry(entry: unknown, refuse: Refuse): string {
  const { name, shape, dtype, quantization } = isRecord(entry) ? entry : {};
  if (typeof name !== 'string') return refuse('a weight of its manifest has no name');
  if (!isShape(shape)) return refuse(`the weight ${quoted(name)} has the shape ${quoted(shape)}`);
  if (typeof dtype !== 'string' || !Object.hasOwn(FLOATS, dtype)) {
    return refuse(`the weight ${quoted(name)} has dtype ${quoted(dtype)} instead of float32, int32, bool`);
  }
  if (quantization !== undefined) checkQuantization(name, dtype, quantization, refuse);
  return name;
}

function isShape(value: unknown): value is number[] {
  const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  return Array.isArray(value) && value.every(isSize) && Number.isSafeInteger(8 * sizeOf(value as number[]));
}

function checkQuantization(name: string, of: string, quantization: unknown, refuse: Refuse): void {
  const { dtype, scale, min, codes } = isRecord(quantization) ? quantization : {};
  if (dtype === CODES_BESIDE) {
    if (typeof codes !== 'string') refuse(`the weight ${quoted(name)} has codes without their path`);
    return;
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(QUANTIZED, dtype)) {
    refuse(`the weight ${quoted(name)} is quantized as ${quoted(dtype)} instead of uint8, uint16, float16`);
  }
  const isRight = dtype === 'float16' ? of === 'float32' : of !== 'bool' && isStep(scale) && isNumber(min);
  if (isRight) return;
  refuse(
    `the weight ${quoted(name)} of ${of} in ${quoted(dtype)} has scale ${quoted(scale)} and min ${quoted(min)}`,
  );
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isStep = (value: unknown): boolean => isNumber(value) && value > 0;

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
