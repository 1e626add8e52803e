import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Texts } from './dataset';
import { Encoded, encodeExample } from './encoded';
import { readEncoded, writeEncoded } from './token-cache-file';
import type { Tokenizer } from './tokenizer/tokenizer';
import { userCache } from './user-cache';

/** Keeps the pieces of data sets between runs. */
export interface TokenCache {
  /** The pieces of every example, read where they were kept, or else made and kept. */
  encodeAll(examples: readonly Texts[], tokenizer: Tokenizer, maxLength: number): readonly Encoded[];
}

/** Options of {@link tokenCache}. */
export interface TokenCacheOptions {
  /** Is told, in one sentence, that a file was damaged or could not be written; the standard error stream by default. */
  readonly print?: (sentence: string) => void;
}

/** Part of every key: to be raised when a tokenizer gives a text other pieces than before. */
const VERSION = 1;

/**
 * A cache of tokenized data sets: one file each, named by a hash of the texts, of the tokenizer's files, of the length and of the
 * versions that pieces depend on, so that a file that is found fits. It appears whole or not at all, and is checked when it is read:
 * a damaged one is made again, and where none can be written the work goes on without; both are told.
 *
 * Tokenizers are told apart by their vocabulary, `lowercase`, `added` and `json`: cache none that is made differently from those.
 *
 * @param folder is made if it is missing; its files may be deleted at any time.
 *
 * @example batchSource(dataset.train, tokenizer, { batchSize: 32, cache: tokenCache('cache/tokens') });
 */
export function tokenCache(
  folder: string,
  { print = (sentence) => process.stderr.write(`${sentence}\n`) }: TokenCacheOptions = {},
): TokenCache {
  return {
    encodeAll(examples, tokenizer, maxLength) {
      const key = keyOf(examples, tokenizer, maxLength);
      const file = path.join(folder, `${key}.tokens`);
      const kept = read(file, key, examples.length, print);
      if (kept) return kept;
      const made = examples.map((example) => encodeExample(example, tokenizer, maxLength));
      keep(file, key, made, print);
      return made;
    },
  };
}

/** The cache in the user's cache folder (`tokens` in `userCache()`), if that is not off. */
export function userTokenCache(): TokenCache | undefined {
  const folder = userCache();
  return folder === undefined ? undefined : tokenCache(path.join(folder, 'tokens'));
}

function keyOf(
  examples: readonly Texts[],
  { vocabulary, lowercase, added, json }: Tokenizer,
  maxLength: number,
): string {
  const versions = [VERSION, process.versions['unicode'], os.endianness()];
  const hash = createHash('sha256');
  hash.update(JSON.stringify([versions, vocabulary, lowercase, added ?? null, json ?? null, maxLength]));
  for (const { text, pair } of examples) hash.update(`\n${JSON.stringify([text, pair ?? null])}`);
  return hash.digest('hex');
}

type Print = (sentence: string) => void;

function read(file: string, key: string, count: number, print: Print): readonly Encoded[] | undefined {
  if (!fs.existsSync(file)) return undefined;
  try {
    const encoded = readEncoded(file, key, count);
    if (encoded) return encoded;
    print(`The tokenized data in ${file} is damaged; it is made again.`);
  } catch (error) {
    print(`The tokenized data in ${file} cannot be read (${(error as Error).message}); it is made again.`);
  }
  return undefined;
}

function keep(file: string, key: string, encoded: readonly Encoded[], print: Print): void {
  try {
    writeEncoded(file, key, encoded);
  } catch (error) {
    print(
      `Tokenized data cannot be kept (${(error as Error).message}); set WHITTLE_CACHE to another folder, or to off.`,
    );
  }
}
