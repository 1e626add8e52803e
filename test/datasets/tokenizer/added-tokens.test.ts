import { wordPiece } from '../../../datasets/tokenizer/tokenizer';
import { wordPieceCut } from '../../../datasets/tokenizer/word-piece-cut';
import { specialToken, WordPieceToken } from '../../../lib/export/hugging-face/added-token';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const VOCABULARY = [...SPECIAL, ...['a', 'b', '##a', '##b', 'é', 'e', '<', '>', '-']];
type Flags = Partial<Omit<WordPieceToken, 'content'>>;

/** The ids of a text between `[CLS]` and `[SEP]`, with tokens added behind the vocabulary. */
function idsOf(text: string, added: Readonly<Record<string, Flags>>, lowercase = true) {
  const tokens = Object.entries(added).map(([content, flags]) => {
    return { ...specialToken(content), isPiece: VOCABULARY.includes(content), ...flags };
  });
  const more = tokens.filter(({ isPiece }) => !isPiece).map(({ content }) => content);
  const tokenizer = wordPiece([...VOCABULARY, ...more], { lowercase, added: tokens });
  return tokenizer.encode(text, undefined, 64).ids.slice(1, -1);
}

// all numbers are those of transformers' AutoTokenizer, of a folder with these tokens in added_tokens_decoder
it.each<[Flags, boolean, string, number[]]>([
  [{}, true, 'a<É>b', [5, 14, 6]],
  [{}, true, 'a <É> b', [5, 14, 6]],
  [{}, true, 'a<é> <e>', [5, 11, 10, 12, 11, 10, 12]],
  [{}, true, '<É><É>', [14, 14]],
  [{}, false, 'a<é> <e>', [5, 11, 9, 12, 11, 10, 12]],
  [{ special: false, normalized: true }, true, 'a<É>b', [5, 14, 6]],
  [{ special: false, normalized: true }, true, 'a<é> <e>', [5, 14, 14]],
  [{ special: false, normalized: true }, false, 'a<é> <e>', [5, 11, 9, 12, 11, 10, 12]],
  [{ single_word: true }, true, 'a<É>b', [5, 11, 10, 12, 6]],
  [{ single_word: true }, true, 'a <É> b', [5, 14, 6]],
  [{ single_word: true }, true, '<É><É>', [14, 14]],
])('a token <É> with %j, lowercase %s: %j', (flags, lowercase, text, ids) => {
  expect(idsOf(text, { '<É>': flags }, lowercase)).toEqual(ids);
});

it.each([
  ['aba ba', [5, 8, 7, 14]], // ba is a word of its own there only, and no piece within words
  ['ba-ba', [14, 13, 14]],
  ['b ab', [15, 6]], // the longest of those that begin there
])('of several tokens: %j', (text, ids) => {
  expect(idsOf(text, { ba: { single_word: true }, 'b a': {} })).toEqual(ids);
});

it('takes the spaces beside a token, so that another one has none left', () => {
  const [left, right] = [
    { '<e>': { lstrip: true }, 'a ': {} },
    { '<e>': { rstrip: true }, ' b': {} },
  ];
  expect(idsOf('a  <e>', { '<e>': { lstrip: true } })).toEqual([5, 14]);
  expect(idsOf('a <e>', left)).toEqual([15, 14]); // what comes first goes first
  expect(idsOf('<e> b', right)).toEqual([14, 15]);
  const last = { '<e>': { lstrip: true }, ' ': { normalized: true, special: false } };
  expect(idsOf('a <e> b', last)).toEqual([5, 14, 15, 6]);
});

it('says of itself what was added', () => {
  const added = [{ ...specialToken('a'), isPiece: true }];
  expect(wordPiece(VOCABULARY, { added })).toMatchObject({ added });
  expect(wordPiece(VOCABULARY)).not.toHaveProperty('added');
});

it('keeps its added tokens when a vocabulary is cut', () => {
  const added = [{ ...specialToken('<e1>'), isPiece: false }];
  const cut = wordPieceCut({ vocabulary: [...SPECIAL, 'ab', 'a', '<e1>'], lowercase: true, added });
  expect(cut.always).toEqual([0, 1, 2, 3, 4, 6, 7]);
  expect(cut.files({ kept: [0, 1, 2, 3, 7], ids: new Map() })).toEqual({
    vocabulary: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '<e1>'],
    lowercase: true,
    added,
  });
});
