import { HostTensor, sizeOf } from '../../core/host-tensor';
import { codesOf, decode } from '../../quantization/decode';
import { roomFor } from '../../quantization/encode';
import { EncodedWeight, hasIntegers } from '../../quantization/encoded-weight';
import { Codes, pack } from '../../quantization/pack';
import { fixedZeroPoint, isHalf, QuantSpec } from '../../quantization/spec';
import { configOfSpec, specOf } from '../../quantization/spec-config';
import type { ManifestEntry, Quantization } from './model-json';

/** A weight as it lies in a shard. */
export interface StoredWeight {
  readonly entry: ManifestEntry;
  readonly bytes: Uint8Array;
}

/**
 * A weight in tfjs's own format, the smallest that holds its numbers exactly: codes of 8 bits or fewer under one scale as uint8, `fp16()` as
 * float16, all else as it is.
 *
 * tfjs computes `stored · scale + min` in doubles and rounds once. With `min = -zero · scale`, `zero` being the stored code of 0, product and
 * sum are exact there (8 bits times the 24 of a float32): the result is `scale · (stored - zero)` rounded, which is our `decode`, bit for bit,
 * and 0 is 0.
 */
export function storedWeight(
  name: string,
  { dtype, shape, data }: HostTensor,
  encoded?: EncodedWeight,
): StoredWeight {
  const stored = encoded && storedCodes(encoded);
  if (!stored) return { entry: { name, shape, dtype }, bytes: bytesOf(data) };
  const { quantization, bytes } = stored;
  return { entry: { name, shape, dtype, quantization }, bytes };
}

/** Undefined of codes that tfjs's format does not have. */
function storedCodes(
  encoded: EncodedWeight,
): { readonly quantization: Quantization; readonly bytes: Uint8Array } | undefined {
  const { spec, codes, scales } = encoded;
  if (isHalf(spec)) {
    const isKnown = spec.format === 'fp16';
    return isKnown
      ? { quantization: { dtype: 'float16', spec }, bytes: bytesOf(codes as Uint16Array) }
      : undefined;
  }
  if (scales.length !== 1) return undefined;
  const shift = shiftOf(spec);
  const scale = scales[0]!;
  const min = -(zeroPointOf(encoded) + shift) * scale;
  const quantization = { dtype: 'uint8', scale, min, spec: configOfSpec(spec) };
  return { quantization, bytes: shifted(codesOf(encoded), shift) };
}

/** What is added to a code to store it. */
const shiftOf = ({ signed }: QuantSpec): number => (signed ? 128 : 0);

/** Modulo 256, so that signed codes come back as they went. */
function shifted(codes: Codes, by: number): Uint8Array {
  const bytes = new Uint8Array(codes.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = codes[i]! + by;
  return bytes;
}

const zeroPointOf = ({ spec, zeroPoints }: EncodedWeight): number =>
  zeroPoints?.[0] ?? fixedZeroPoint(spec as QuantSpec);

/** The codes that a weight was stored from; undefined where it had none. */
export function encodedOf({
  entry: { shape, quantization },
  bytes,
}: StoredWeight): EncodedWeight | undefined {
  if (!quantization?.spec) return undefined;
  const spec = specOf(quantization.spec);
  const room = roomFor(shape, spec);
  if (!hasIntegers(room)) {
    bytesOf(room.codes as Uint16Array).set(bytes);
    return room;
  }
  const shift = shiftOf(room.spec);
  room.codes.set(pack(shifted(bytes, -shift), room.spec.bits));
  room.scales[0] = quantization.scale!;
  room.zeroPoints?.fill(Math.round(-quantization.min! / quantization.scale!) - shift);
  return room;
}

/** The numbers that codes stand for, as a weight of floats. */
export function floatsOf({ name, shape, dtype }: ManifestEntry, encoded: EncodedWeight): StoredWeight {
  return { entry: { name, shape, dtype }, bytes: bytesOf(decode(encoded)) };
}

/** Whether a weight's codes are of a shape. */
export const hasShape = ({ shape }: EncodedWeight, other: readonly number[]): boolean =>
  sizeOf(shape) === sizeOf(other) && shape.every((size, axis) => size === other[axis]);

export function bytesOf({ buffer, byteOffset, byteLength }: HostTensor['data'] | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Some bytes one after the other, in memory of their own. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}
