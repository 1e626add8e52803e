import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeAtomically } from '../../core/atomic-file';
import { UserError } from '../../core/errors';
import { bytesOfEntry, ManifestGroup } from './model-json';
import { joined, StoredWeight } from './stored-weight';

/** As long as browsers cache one file, and what tfjs's converter takes. */
const LONGEST = 4 * 2 ** 20;

/**
 * Writes bytes as shards of at most 4 MiB and returns their names, which have the digest of the content in them: a shard of an earlier model
 * in the folder is never written over, so that its model.json stays right until it is replaced.
 */
export function writeShards(folder: string, bytes: Uint8Array): string[] {
  const count = Math.ceil(bytes.length / LONGEST);
  return Array.from({ length: count }, (_, i) => {
    const shard = bytes.subarray(i * LONGEST, (i + 1) * LONGEST);
    const digest = createHash('sha256').update(shard).digest('hex');
    const name = `group1-shard${i + 1}of${count}-${digest.slice(0, DIGITS)}.bin`;
    writeAtomically(path.join(folder, name), (part) => fs.writeFileSync(part, shard));
    return name;
  });
}

/** Hexadecimal digits of a content's sha256 in a file's name. */
export const DIGITS = 16;

/**
 * Reads the weights of a group from its shards.
 *
 * @param file the model.json, for messages.
 * @throws UserError, before anything is allocated, for a shard that is missing, and for shards that are longer or shorter than the weights.
 */
export function readGroup({ paths, weights }: ManifestGroup, file: string): StoredWeight[] {
  const shards = paths.map((name) => path.join(path.dirname(file), name));
  const lengths = shards.map((shard) => lengthOf(shard, file));
  const expected = sum(weights.map(bytesOfEntry));
  if (sum(lengths) !== expected) {
    throw new UserError(
      `Expected the ${expected} bytes of weights that ${file} tells of in ${paths.join(', ') || 'its shards'}, got ${sum(lengths)}; ` +
        'copy or save the model again.',
    );
  }
  const bytes = joined(shards.map((shard) => fs.readFileSync(shard)));
  let end = 0;
  return weights.map((entry) => ({ entry, bytes: bytes.slice(end, (end += bytesOfEntry(entry))) }));
}

function lengthOf(shard: string, file: string): number {
  const stats = fs.statSync(shard, { throwIfNoEntry: false });
  if (stats?.isFile()) return stats.size;
  throw new UserError(
    `Expected the shard ${path.basename(shard)}, which ${file} tells of, beside it, but there is none; copy or save the model again.`,
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
