import { Data, Value } from './graph';
import { encodeSparseTensor, encodeTensor, TENSOR_TYPE } from './onnx-messages';

/** Numbers of fields whose bytes are written here. */
const INDICES = 2; // of a SparseTensorProto
const INT64_DATA = 7; // of a TensorProto

/**
 * A constant as an ONNX `SparseTensorProto`: the values that are not 0, and their places in the flattened tensor, rising. Where all bits of a
 * value are 0 it is left out, so that −0 comes back as it was. Places are written as variable-length integers (`int64_data`), of 3 bytes
 * up to the two-millionth, instead of 8 (`raw_data`).
 *
 * @returns undefined where that is not smaller than all values.
 */
export function sparseInitializer(
  name: string,
  dataType: number,
  { shape }: Value,
  data: Data,
): Uint8Array | undefined {
  const size = data.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const places = nonzeroPlaces(bytes, size);
  if (places.length * (size + 1) >= bytes.length) return undefined;
  const rawData = new Uint8Array(places.length * size);
  places.forEach((place, i) => rawData.set(bytes.subarray(place * size, (place + 1) * size), i * size));
  const dims = [places.length];
  const indices = encodeTensor({ dims, dataType: TENSOR_TYPE.int64 });
  const written = indices.uint32(tagOf(INT64_DATA)).bytes(varints(places)).finish(); // protobufjs would hold each as an object
  const values = { name, dims, dataType, rawData };
  const tensor = encodeSparseTensor({ values, dims: [...shape] });
  const sparse = tensor.uint32(tagOf(INDICES)).bytes(written).finish();
  return sparse.length < bytes.length ? sparse : undefined;
}

/** How a field begins that holds bytes, or a message. */
export const tagOf = (field: number): number => (field << 3) | 2;

/** Places of the elements that have a bit set. */
function nonzeroPlaces(bytes: Uint8Array, size: number): Uint32Array {
  const places = new Uint32Array(bytes.length / size);
  let count = 0;
  for (let at = 0, place = 0; at < bytes.length; at += size, place++) {
    let bits = 0;
    for (let i = at; i < at + size; i++) bits |= bytes[i]!;
    if (bits !== 0) places[count++] = place;
  }
  return places.subarray(0, count);
}

/** Numbers below 2³², 7 bits in a byte, the lowest first; all bytes of a number but the last have the highest bit set. */
function varints(numbers: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(5 * numbers.length);
  let at = 0;
  for (let left of numbers) {
    for (; left >= 0x80; left >>>= 7) bytes[at++] = (left & 0x7f) | 0x80;
    bytes[at++] = left;
  }
  return bytes.subarray(0, at);
}
