import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { hostTensor } from '../core/host-tensor';
import { layersOf } from '../core/layers';
import type { Compressed } from '../compress/compressed';
import { EncodedWeight, roomFor } from '../quantization/encode';
import { GranularityConfig, granularityOf } from '../quantization/granularity';
import { Codes } from '../quantization/pack';
import { isQuantizeLayer, QuantizeLayerOptions } from '../quantization/quantize-layer';
import { QuantSpec } from '../quantization/spec';
import { readStored, Storable, StoredTensor, writeSafetensors } from './safetensors';

/** The codes of a compressed model, and what it needs beside its weights. */
export interface StoredCodes {
  readonly weights: ReadonlyMap<string, EncodedWeight>;
  /** The quantize layers, each with the names of the layers that it stands in front of. */
  readonly inputs: readonly StoredInput[];
}

export interface StoredInput extends QuantizeLayerOptions {
  readonly before: readonly string[];
}

/** What the metadata of the file say, under `whittle`, as JSON. */
interface Description {
  readonly version: 1;
  readonly weights: Readonly<Record<string, StoredSpec>>;
  readonly inputs: readonly StoredInput[];
}

interface StoredSpec extends Omit<QuantSpec, 'granularity'> {
  readonly shape: readonly number[];
  readonly granularity: GranularityConfig;
}

/**
 * Writes the codes of a compressed model as a safetensors file. Of each weight `<path>/codes` (I8 or U8 of the weight's shape; below
 * 8 bits packed, U8 [bytes]), `<path>/scales` F32 [blocks], and `<path>/zero_points` where they are not fixed; `whittle` in the
 * metadata says in JSON how they are to be read.
 */
export function writeCodes(file: string, { model, weights }: Compressed): void {
  const description: Description = {
    version: 1,
    weights: Object.fromEntries([...weights].map(([path, encoded]) => [path, specOf(encoded)])),
    inputs: layersOf(model).filter(isQuantizeLayer).map(inputOf),
  };
  const tensors = new Map([...weights].flatMap(([path, encoded]) => tensorsOf(path, encoded)));
  writeSafetensors(file, tensors, { format: 'whittle codes', whittle: JSON.stringify(description) });
}

function specOf({ spec, shape }: EncodedWeight): StoredSpec {
  return { ...spec, shape, granularity: spec.granularity.config };
}

function inputOf(layer: tf.layers.Layer): StoredInput {
  const options = layer.getConfig() as unknown as QuantizeLayerOptions;
  const { name, scale, zeroPoint, bits, signed, narrowRange } = options;
  const before = layer.outboundNodes.map(({ outboundLayer }) => outboundLayer.name);
  return { name, scale, zeroPoint, bits, signed, narrowRange, before: [...new Set(before)] };
}

function tensorsOf(path: string, { codes, shape, scales, zeroPoints }: EncodedWeight): [string, Storable][] {
  const isWhole = codes.length === shape.reduce((product, size) => product * size, 1);
  return [
    [`${path}/codes`, storable(codes, isWhole ? [...shape] : [codes.length])],
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
  const { weights, inputs } = parseDescription(metadata['whittle'], file);
  const encoded = Object.entries(weights).map(([path, stored]) => {
    const spec: QuantSpec = { ...stored, granularity: granularityOf(stored.granularity) };
    const room = roomFor(stored.shape, spec);
    const parts = { codes: room.codes, scales: room.scales, zero_points: room.zeroPoints };
    for (const [name, part] of Object.entries(parts))
      if (part) fill(part, tensors.get(`${path}/${name}`), file);
    return [path, room] as const;
  });
  return { weights: new Map(encoded), inputs };
}

function parseDescription(json: string | undefined, file: string): Description {
  try {
    const description = JSON.parse(json ?? '') as Description;
    if (description.version === 1) return description;
  } catch {
    // told below
  }
  throw damaged(file, 'its metadata do not say how');
}

function fill(part: Codes | Float32Array, stored: StoredTensor | undefined, file: string): void {
  if (stored?.bytes.byteLength !== part.byteLength) {
    throw damaged(
      file,
      `${part.byteLength} bytes are expected where it has ${stored?.bytes.byteLength ?? 'none'}`,
    );
  }
  new Uint8Array(part.buffer, part.byteOffset, part.byteLength).set(stored.bytes);
}

function damaged(file: string, problem: string): UserError {
  return new UserError(`Expected codes to be read from ${file}, but ${problem}; save the model again.`);
}
