import { createHash, Hash } from 'node:crypto';
import type { HostTensor } from '../lib/core/host-tensor';
import { allLabels, type BatchSource } from './batch';

const known = new WeakMap<BatchSource, Promise<string>>();

/**
 * What a source gives, in a word: the sha256 of every number of its epoch 0 and of how it is cut into batches, the first 16 hexadecimal
 * digits. Examples, labels, their order, the tokenizer, lengths: whatever changes what is learned changes it. Read once for a source, which
 * may say it itself (`digest`) where an epoch is long.
 */
export function digestOf(source: BatchSource): Promise<string> {
  const found = known.get(source) ?? (source.digest ? Promise.resolve(source.digest) : read(source));
  known.set(source, found);
  return found;
}

async function read(source: BatchSource): Promise<string> {
  const hash = createHash('sha256');
  for await (const batch of source.epoch(0)) {
    hash.update(`${batch.size}`);
    for (const tensor of [...batch.xs, ...allLabels(batch)]) update(hash, tensor);
  }
  return hash.digest('hex').slice(0, 16);
}

function update(hash: Hash, { dtype, shape, data }: HostTensor): void {
  hash.update(`${dtype}[${shape.join()}]`);
  hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
