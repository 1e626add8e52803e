import { wordPiece } from '../../../datasets/tokenizer/tokenizer';
import { UserError } from '../../../lib/core/errors';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const VOCABULARY = [
  ...SPECIAL,
  'want',
  '##want',
  '##ed',
  'wa',
  'un',
  'runn',
  '##ing',
  ',',
  'a',
  'b',
  'c',
  'σ',
];

/** The pieces of a text between `[CLS]` and `[SEP]`. */
function piecesOf(text: string, lowercase = true): string {
  const { ids } = wordPiece(VOCABULARY, { lowercase }).encode(text, undefined, 128);
  expect(ids.at(0)).toBe(2);
  expect(ids.at(-1)).toBe(3);
  const pieces = ids.slice(1, -1).map((id) => VOCABULARY[id]);
  return pieces.join(' ');
}

describe('wordPiece', () => {
  it.each([
    ['splits at punctuation and strips case and accents', 'UNwantéd,running', 'un ##want ##ed , runn ##ing'],
    ['knows nothing of a word with one unknown piece', 'unwantedx running', '[UNK] runn ##ing'],
    ['ignores white space and control characters', ' \t un\u0000want\u200Bed\r\n\n a ', 'un ##want ##ed a'],
    ['sets ideographs apart, rare ones too', 'a博b𠀀c', 'a [UNK] b [UNK] c'],
    ['reads special pieces as what they are', 'a[SEP]b [MASK]', 'a [SEP] b [MASK]'],
    ['lowercases a final sigma like any other', 'Σ aΣ', 'σ [UNK]'],
    ['gives nothing for nothing', ' ', ''],
    ['does not look into words of more than 100 characters', `${'a'.repeat(101)} a`, '[UNK] a'],
  ])('%s', (_, text, pieces) => {
    expect(piecesOf(text)).toBe(pieces);
  });

  it('leaves case and accents alone if asked to', () => {
    expect(piecesOf('unwanted Unwanted unwantéd', false)).toBe('un ##want ##ed [UNK] [UNK]');
  });

  it('gives the same pieces when a word comes again', () => {
    const tokenizer = wordPiece(VOCABULARY);
    const first = tokenizer.encode('running wa', undefined, 128);
    expect(tokenizer.encode('wa running', undefined, 128).ids).toEqual([2, 8, 10, 11, 3]);
    expect(tokenizer.encode('running wa', undefined, 128)).toEqual(first);
  });

  it('frames a pair, and tells its texts apart', () => {
    expect(wordPiece(VOCABULARY).encode('a b', 'c', 128)).toEqual({
      ids: [2, 13, 14, 3, 15, 3],
      typeIds: [0, 0, 0, 0, 1, 1],
    });
  });

  it('cuts the end of a long text', () => {
    const { ids, typeIds } = wordPiece(VOCABULARY).encode('a b c a b c', undefined, 5);
    expect(ids).toEqual([2, 13, 14, 15, 3]);
    expect(typeIds).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    ['a a a a a', 'b b', 8, 3, 2], // the longer only
    ['a a', 'b b b b b', 8, 2, 3],
    ['a a a a a', 'b b b b b', 8, 2, 3], // both: the second keeps the odd one
    ['a a a a a a', 'b b b b b', 8, 3, 2], // the longer does
    ['a a a a a', 'b b b b b', 7, 2, 2],
    ['a a', 'b b b', 8, 2, 3], // fits
  ])('cuts the longer of two texts first: %s | %s in %i', (text, pair, maxLength, first, second) => {
    const { ids } = wordPiece(VOCABULARY).encode(text, pair, maxLength);
    expect(ids.filter((id) => id === 13)).toHaveLength(first);
    expect(ids.filter((id) => id === 14)).toHaveLength(second);
  });

  it('describes itself as a model folder does', () => {
    expect(wordPiece(VOCABULARY)).toMatchObject({ vocabulary: VOCABULARY, lowercase: true, padId: 0 });
    expect(wordPiece(['[UNK]', '[CLS]', '[SEP]', '[PAD]']).padId).toBe(3);
  });

  it.each(SPECIAL.slice(0, 4))('says that a vocabulary lacks %s', (piece) => {
    const vocabulary = VOCABULARY.filter((other) => other !== piece);
    expect(() => wordPiece(vocabulary)).toThrow(UserError);
    expect(() => wordPiece(vocabulary)).toThrow(`with ${piece}, got ${vocabulary.length} pieces without it`);
  });

  it('refuses a length in which nothing fits', () => {
    expect(() => wordPiece(VOCABULARY).encode('a', 'b', 2)).toThrow(
      'Expected a maxLength of at least the 3 special pieces of two texts, got 2.',
    );
  });
});
