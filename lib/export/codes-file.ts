import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { writeAtomically } from '../core/atomic-file';
import { UserError } from '../core/errors';
import { hostTensor, sizeOf } from '../core/host-tensor';
import { layersOf } from '../core/layers';
import type { Compressed } from '../compress/compressed';
import type { EncodedWeight } from '../quantization/encode';
import { blockCounts, GranularityConfig, granularityOf } from '../quantization/granularity';
import { Codes, packedLength, storedBits } from '../quantization/pack';
import { isQuantizeLayer, QuantizeLayerOptions } from '../quantization/quantize-layer';
import { checkSpec, QuantSpec } from '../quantization/spec';
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
  const metadata = { format: 'whittle codes', whittle: JSON.stringify(description) };
  writeAtomically(file, (part) => writeSafetensors(part, tensors, metadata));
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
  const isWhole = codes.length === sizeOf(shape);
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
  try {
    const { version, weights, inputs } = JSON.parse(metadata['whittle'] ?? '') as Description;
    if (version !== 1) throw damaged(file, `it is of version ${version}`);
    const encoded = Object.entries(weights).map(
      ([path, stored]) => [path, encodedOf(path, stored, tensors, file)] as const,
    );
    return { weights: new Map(encoded), inputs: inputs.map((input) => ({ ...input })) };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw damaged(file, 'its metadata do not say how');
  }
}

type Tensors = ReadonlyMap<string, StoredTensor>;

function encodedOf(path: string, stored: StoredSpec, tensors: Tensors, file: string): EncodedWeight {
  const { shape, granularity, ...rest } = stored;
  const spec = checkSpec({ ...rest, granularity: granularityOf(granularity) });
  const blocks = sizeOf(blockCounts(shape, spec.granularity.block(shape)));
  const bytesOf = (name: string, length: number): Uint8Array => {
    const { bytes } = tensors.get(`${path}/${name}`) ?? {};
    if (bytes?.length === length) return bytes;
    throw damaged(file, `${length} bytes are expected as ${path}/${name}, got ${bytes?.length ?? 'none'}`);
  };
  const asCodes = ({ buffer, length }: Uint8Array): Codes =>
    spec.signed && storedBits(spec.bits) === 8
      ? new Int8Array(buffer, 0, length)
      : new Uint8Array(buffer, 0, length);
  return {
    spec,
    shape,
    codes: asCodes(bytesOf('codes', packedLength(sizeOf(shape), spec.bits))),
    scales: new Float32Array(bytesOf('scales', 4 * blocks).buffer),
    ...(spec.symmetric ? {} : { zeroPoints: asZeroPoints(bytesOf('zero_points', blocks), spec.signed) }),
  };
}

function asZeroPoints({ buffer, length }: Uint8Array, signed: boolean): Codes {
  return signed ? new Int8Array(buffer, 0, length) : new Uint8Array(buffer, 0, length);
}

function damaged(file: string, problem: string): UserError {
  return new UserError(`Expected codes to be read from ${file}, but ${problem}; save the model again.`);
}
