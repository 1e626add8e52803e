import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { writeAtomically } from '../core/atomic-file';
import { UserError } from '../core/errors';
import { hostTensor, sizeOf } from '../core/host-tensor';
import { quoted, shownName } from '../core/printable';
import { layersOf } from '../core/layers';
import type { Compressed } from '../compress/compressed';
import { bytesFor, EncodedWeight, roomFor } from '../quantization/encode';
import type { Codes } from '../quantization/pack';
import { isQuantizeLayer, QuantizeLayerOptions, quantizeOptionsOf } from '../quantization/quantize-layer';
import { perTensor } from '../quantization/granularity';
import { checkSpec, codeRange, isHalf } from '../quantization/spec';
import { configOfSpec, SpecConfig, specOf } from '../quantization/spec-config';
import { readStored, Storable, StoredTensor, writeSafetensors } from './safetensors';

/** The codes of a compressed model, and what it needs beside its weights. */
export interface StoredCodes {
  readonly weights: ReadonlyMap<string, EncodedWeight>;
  /** The quantize layers, each with the names of the layers that it stands in front of. */
  readonly inputs: readonly StoredInput[];
}

export type StoredInput = QuantizeLayerOptions & { readonly before: readonly string[] };

/** What the metadata of the file say, under `whittle`, as JSON. */
interface Description {
  readonly version: 1;
  readonly weights: Readonly<Record<string, StoredWeight>>;
  readonly inputs: readonly StoredInput[];
}

type StoredWeight = SpecConfig & { readonly shape: readonly number[] };

/**
 * Writes the codes of a compressed model as a safetensors file. Of each weight `<path>/codes` (I8 or U8 of the weight's shape; packed, U8
 * [bytes], where a code takes less than a byte; F16 or BF16 of halves), `<path>/scales` F32 [blocks], and `<path>/zero_points` where they
 * are not fixed; `whittle` in the metadata says in JSON how they are to be read.
 */
export function writeCodes(file: string, { model, weights }: Compressed): void {
  const description: Description = {
    version: 1,
    weights: Object.fromEntries(
      [...weights].map(([path, encoded]) => [path, { ...configOfSpec(encoded.spec), shape: encoded.shape }]),
    ),
    inputs: layersOf(model).filter(isQuantizeLayer).map(inputOf),
  };
  const tensors = new Map([...weights].flatMap(([path, encoded]) => tensorsOf(path, encoded)));
  const metadata = { format: 'whittle codes', whittle: JSON.stringify(description) };
  writeAtomically(file, (part) => writeSafetensors(part, tensors, metadata));
}

function inputOf(layer: tf.layers.Layer): StoredInput {
  const before = layer.outboundNodes.map(({ outboundLayer }) => outboundLayer.name);
  return { ...quantizeOptionsOf(layer), before: [...new Set(before)] };
}

function tensorsOf(path: string, encoded: EncodedWeight): [string, Storable][] {
  const { spec, codes, shape, scales, zeroPoints } = encoded;
  if (isHalf(spec)) return [[`${path}/codes`, { dtype: spec.format, shape, data: codes as Uint16Array }]];
  const isWhole = codes.length === sizeOf(shape);
  return [
    [`${path}/codes`, storable(codes as Codes, isWhole ? [...shape] : [codes.length])],
    [`${path}/scales`, hostTensor(scales, [scales.length])],
    ...(zeroPoints
      ? [[`${path}/zero_points`, storable(zeroPoints, [zeroPoints.length])] as [string, Storable]]
      : []),
  ];
}

function storable(data: Codes, shape: number[]): Storable {
  return data instanceof Int8Array ? { dtype: 'int8', shape, data } : hostTensor(data, shape);
}

/**
 * Reads what `writeCodes` wrote; undefined if there is no such file.
 *
 * @throws UserError for a file that is damaged, or holds something else.
 */
export function readCodes(file: string): StoredCodes | undefined {
  if (!fs.existsSync(file)) return undefined;
  const { tensors, metadata } = readStored(file);
  try {
    const { version, weights, inputs } = JSON.parse(metadata['whittle'] ?? '') as Description;
    if (version !== 1) throw damaged(file, `it is of version ${quoted(version)}`);
    const encoded = Object.entries(weights).map(
      ([path, stored]) => [path, encodedOf(path, stored, tensors, file)] as const,
    );
    const strange = inputs.find((input) => !isStoredInput(input));
    if (strange) throw damaged(file, `it tells of a quantized input as ${quoted(strange)}`);
    return { weights: new Map(encoded), inputs };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw damaged(file, 'its metadata do not say how');
  }
}

function isStoredInput({ before, ...options }: StoredInput): boolean {
  const isPlaced = Array.isArray(before) && before.every((name) => typeof name === 'string');
  return isPlaced && typeof options.name === 'string' && isQuantizer(options);
}

function isQuantizer(options: QuantizeLayerOptions): boolean {
  if ('dynamic' in options) return options.dynamic === true;
  const { scale, zeroPoint, bits, signed, narrowRange } = options;
  if (typeof signed !== 'boolean' || typeof narrowRange !== 'boolean') return false;
  const spec = checkSpec({ bits, signed, narrowRange, symmetric: false, granularity: perTensor() });
  const [lowest, highest] = codeRange(spec);
  const isCode = Number.isInteger(zeroPoint) && zeroPoint >= lowest && zeroPoint <= highest;
  return isCode && typeof scale === 'number' && Math.fround(scale) > 0 && Math.fround(scale) < Infinity;
}

type Tensors = ReadonlyMap<string, StoredTensor>;

function encodedOf(path: string, weight: StoredWeight, tensors: Tensors, file: string): EncodedWeight {
  const { shape, ...config } = weight;
  const spec = specOf(config);
  const expected = bytesFor(shape, spec);
  const stored = (name: string, length: number): Uint8Array => {
    const { bytes } = tensors.get(`${path}/${name}`) ?? {};
    if (length === 0 || bytes?.length === length) return bytes ?? new Uint8Array(0);
    throw damaged(
      file,
      `${length} bytes are expected as ${shownName(path)}/${name}, got ${bytes?.length ?? 'none'}`,
    );
  };
  // All are as long as they are told to be before anything is made room for.
  const [codes, scales, zeroPoints] = [
    stored('codes', expected.codes),
    stored('scales', expected.scales),
    stored('zero_points', expected.zeroPoints),
  ];
  const room = roomFor(shape, spec);
  fill(room.codes, codes);
  fill(room.scales, scales);
  if (room.zeroPoints) fill(room.zeroPoints, zeroPoints);
  return room;
}

function fill({ buffer }: Codes | Uint16Array | Float32Array, bytes: Uint8Array): void {
  new Uint8Array(buffer).set(bytes.subarray(0, buffer.byteLength));
}

function damaged(file: string, problem: string): UserError {
  return new UserError(`Expected codes to be read from ${file}, but ${problem}; save the model again.`);
}
