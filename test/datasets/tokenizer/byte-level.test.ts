import { tokenizerOf } from '../../../datasets/tokenizer/tokenizer-of';
import { UserError } from '../../../lib/core/errors';
import type { TokenizerJson } from '../../../lib/export/hugging-face/tokenizer-json';

const VOCABULARY = ['<s>', '<pad>', '</s>', '<unk>', 'a', 'b', 'Ġ', 'ab', 'Ġab', 'Ã', '©', '<mask>'];

/** A RoBERTa's `tokenizer.json` in small: a and b merge, then a space and ab. */
const JSON_FILE = {
  added_tokens: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'].map((content) => ({
    id: VOCABULARY.indexOf(content),
    content,
    special: true,
    lstrip: content === '<mask>',
  })),
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0] },
  decoder: null,
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(VOCABULARY.slice(0, -1).map((piece, id) => [piece, id])),
    merges: [
      ['a', 'b'],
      ['Ġ', 'ab'],
    ],
  },
} as const;

const open = (json: TokenizerJson = JSON_FILE, vocabulary: readonly string[] = VOCABULARY) =>
  tokenizerOf({ vocabulary, lowercase: false, json });
const encode = (text: string, pair?: string, maxLength = 128) => open().encode(text, pair, maxLength);
const piecesOf = (text: string) =>
  encode(text)
    .ids.slice(1, -1)
    .map((id) => VOCABULARY[id]);

describe('byteLevel', () => {
  it.each([
    ['ab ab', ['ab', 'Ġab']],
    ['aab', ['a', 'ab']],
    ['ab  ab', ['ab', 'Ġ', 'Ġab']],
    ['é', ['Ã', '©']], // UTF-8
    ['a <mask> ab<s>', ['a', '<mask>', 'Ġab', '<s>']], // <mask> takes the space before it
    ['', []],
  ])('%j', (text, pieces) => {
    expect(piecesOf(text)).toEqual(pieces);
  });

  it('frames a pair with two separators, all of type 0', () => {
    expect(encode('ab', 'a')).toEqual({ ids: [0, 7, 2, 2, 4, 2], typeIds: [0, 0, 0, 0, 0, 0] });
  });

  it('counts the frame in the length', () => {
    expect(encode('ab ab ab', 'b', 6).ids).toEqual([0, 7, 2, 2, 5, 2]);
    expect(encode('ab ab ab', undefined, 3).ids).toEqual([0, 7, 2]);
    expect(() => encode('ab', 'b', 3)).toThrow('at least the 4 special pieces of two texts, got 3');
  });

  it('describes itself as a model folder does', () => {
    expect(open()).toMatchObject({ vocabulary: VOCABULARY, lowercase: false, padId: 1, json: JSON_FILE });
  });

  it('refuses another frame, and a vocabulary without padding', () => {
    const other = { ...JSON_FILE, post_processor: { type: 'ByteLevel' } };
    expect(() => open(other)).toThrow(UserError);
    expect(() => open(other)).toThrow('got {"type":"ByteLevel"}; choose a model of the RoBERTa family');
    expect(() => open(JSON_FILE, ['<s>', 'a'])).toThrow('Expected <pad> among the 2 pieces');
  });
});

it('makes a WordPiece tokenizer of a vocabulary', () => {
  const tokenizer = tokenizerOf({ vocabulary: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'A'], lowercase: false });
  expect(tokenizer.encode('A a', undefined, 8).ids).toEqual([2, 4, 1, 3]);
});
