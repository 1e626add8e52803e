import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { batchSource } from '../../datasets/batches';
import type { Example } from '../../datasets/dataset';
import { encodeExample } from '../../datasets/encoded';
import { tokenCache, userTokenCache } from '../../datasets/token-cache';
import { Tokenizer, wordPiece } from '../../datasets/tokenizer/tokenizer';

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'b'];
const EXAMPLES: readonly Example[] = [
  { text: 'a b', pair: 'b', label: 1 },
  { text: '', label: 0 },
  { text: 'b a b', label: 0 },
];

let folder: string;
let said: string[];
beforeEach(() => {
  folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'token-cache-')), 'cache');
  said = [];
});
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true }));

/** A tokenizer that counts how many texts it was given. */
function counting(tokenizer: Tokenizer = wordPiece(VOCABULARY)) {
  const counted = {
    ...tokenizer,
    texts: 0,
    encode(...args: Parameters<Tokenizer['encode']>) {
      counted.texts++;
      return tokenizer.encode(...args);
    },
  };
  return counted;
}

const cache = () => tokenCache(folder, { print: (sentence) => void said.push(sentence) });
const files = () => fs.readdirSync(folder);
const theFile = () => path.join(folder, files()[0] as string);
const expected = EXAMPLES.map((example) => encodeExample(example, wordPiece(VOCABULARY), 8));

describe('tokenCache', () => {
  it('makes the pieces once, and reads them ever after', () => {
    const tokenizer = counting();
    expect(cache().encodeAll(EXAMPLES, tokenizer, 8)).toEqual(expected);
    expect(tokenizer.texts).toBe(3);
    expect(cache().encodeAll(EXAMPLES, tokenizer, 8)).toEqual(expected);
    expect(tokenizer.texts).toBe(3);
    expect(files()).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.tokens$/)]);
    expect(said).toEqual([]);
  });

  it('keeps no labels: other labels are the same texts', () => {
    cache().encodeAll(EXAMPLES, wordPiece(VOCABULARY), 8);
    const tokenizer = counting();
    cache().encodeAll(
      EXAMPLES.map((example) => ({ ...example, label: 7 })),
      tokenizer,
      8,
    );
    expect(tokenizer.texts).toBe(0);
  });

  it.each<[string, readonly Example[], Tokenizer, number]>([
    ['another text', [...EXAMPLES.slice(0, 2), { text: 'b a a', label: 0 }], wordPiece(VOCABULARY), 8],
    ['another order', [...EXAMPLES].reverse(), wordPiece(VOCABULARY), 8],
    ['fewer texts', EXAMPLES.slice(1), wordPiece(VOCABULARY), 8],
    [
      'a pair that became one text',
      [{ text: 'a bb', label: 1 }, ...EXAMPLES.slice(1)],
      wordPiece(VOCABULARY),
      8,
    ],
    ['another vocabulary', EXAMPLES, wordPiece([...VOCABULARY.slice(0, 4), 'b', 'a']), 8],
    ['case', EXAMPLES, wordPiece(VOCABULARY, { lowercase: false }), 8],
    ['another length', EXAMPLES, wordPiece(VOCABULARY), 4],
  ])('makes others for %s', (_, examples, tokenizer, maxLength) => {
    cache().encodeAll(EXAMPLES, wordPiece(VOCABULARY), 8);
    const made = examples.map((example) => encodeExample(example, tokenizer, maxLength));
    expect(cache().encodeAll(examples, tokenizer, maxLength)).toEqual(made);
    expect(files()).toHaveLength(2);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['a changed id', (bytes) => ((bytes[60] = 4), bytes)],
    ['a lost end', (bytes) => bytes.subarray(0, -1)],
    ['nothing in it', () => Buffer.alloc(0)],
    ['more than was written', (bytes) => Buffer.concat([bytes, Buffer.alloc(5)])],
  ])('makes a file again that has %s, and says so', (_, damage) => {
    cache().encodeAll(EXAMPLES, wordPiece(VOCABULARY), 8);
    const intact = fs.readFileSync(theFile());
    fs.writeFileSync(theFile(), damage(Buffer.from(intact)));
    expect(cache().encodeAll(EXAMPLES, wordPiece(VOCABULARY), 8)).toEqual(expected);
    expect(said).toEqual([`The tokenized data in ${theFile()} is damaged; it is made again.`]);
    expect(fs.readFileSync(theFile())).toEqual(intact);
  });

  it('does not take the file of another key', () => {
    cache().encodeAll(EXAMPLES, wordPiece(VOCABULARY), 8);
    const other = theFile();
    cache().encodeAll([...EXAMPLES].reverse(), wordPiece(VOCABULARY), 8);
    const file = path.join(folder, files().find((name) => name !== path.basename(other)) as string);
    fs.copyFileSync(file, other);
    expect(cache().encodeAll(EXAMPLES, wordPiece(VOCABULARY), 8)).toEqual(expected);
    expect(said).toEqual([expect.stringContaining('is damaged')]);
  });

  it('goes on where nothing can be written, and says so', () => {
    fs.writeFileSync(folder, 'a file in the place of the folder');
    expect(cache().encodeAll(EXAMPLES, wordPiece(VOCABULARY), 8)).toEqual(expected);
    expect(said).toEqual([expect.stringMatching(/^Tokenized data cannot be kept \(.+\); set WHITTLE_CACHE/)]);
  });

  it('serves batches', async () => {
    const options = { batchSize: 3, maxLength: 8, shuffle: false };
    const batchOf = async (source: ReturnType<typeof batchSource>) =>
      (await source.epoch(0)[Symbol.asyncIterator]().next()).value;
    const plain = await batchOf(batchSource(EXAMPLES, wordPiece(VOCABULARY), options));
    for (const texts of [3, 0]) {
      const tokenizer = counting();
      expect(await batchOf(batchSource(EXAMPLES, tokenizer, { ...options, cache: cache() }))).toEqual(plain);
      expect(tokenizer.texts).toBe(texts);
    }
  });
});

describe('userTokenCache', () => {
  const before = process.env['WHITTLE_CACHE'];
  afterEach(() => void (process.env['WHITTLE_CACHE'] = before));

  it('is where WHITTLE_CACHE says', () => {
    process.env['WHITTLE_CACHE'] = folder;
    userTokenCache()?.encodeAll(EXAMPLES, wordPiece(VOCABULARY), 8);
    expect(files()).toEqual(['tokens']);
  });

  it('can be turned off, as it is in every test', () => {
    expect(process.env['WHITTLE_CACHE']).toBe('off');
    expect(userTokenCache()).toBeUndefined();
  });
});
