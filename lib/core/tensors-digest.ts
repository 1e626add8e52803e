import { createHash } from 'node:crypto';
import type { HostTensor } from './host-tensor';

/** Tensors by name, such as the weights of a model, in a word: the first 16 hexadecimal digits of a sha256 over names, shapes and bytes. */
export function digestOfTensors(
  tensors: Iterable<readonly [name: string, tensor: Pick<HostTensor, 'shape' | 'data'>]>,
): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of tensors) {
    hash.update(`${name}[${shape.join()}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}
