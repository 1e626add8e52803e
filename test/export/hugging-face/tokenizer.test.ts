import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../../../lib/core/errors';
import { readTokenizer, writeTokenizer } from '../../../lib/export/hugging-face/tokenizer';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokenizer-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const NORMALIZER = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: false,
};
const WORD_PIECE = {
  added_tokens: [{ id: 0, content: '[PAD]' }],
  normalizer: NORMALIZER,
  pre_tokenizer: { type: 'BertPreTokenizer' },
  model: { type: 'WordPiece', vocab: { a: 1, '##b': 2, '[PAD]': 0 } },
};
const BYTE_LEVEL = {
  added_tokens: [{ id: 2, content: '<mask>' }],
  pre_tokenizer: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: { b: 1, a: 0 } },
};

function read(json: object): ReturnType<typeof readTokenizer> {
  fs.writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify(json));
  return readTokenizer(folder);
}

it('reads the WordPiece of a tokenizer.json where there is no vocab.txt', () => {
  expect(read(WORD_PIECE)).toEqual({ vocabulary: ['[PAD]', 'a', '##b'], lowercase: false });
  const uncased = { ...WORD_PIECE, normalizer: { ...NORMALIZER, lowercase: true } };
  expect(read(uncased).lowercase).toBe(true);
  fs.writeFileSync(path.join(folder, 'vocab.txt'), 'x\r\ny\n');
  expect(readTokenizer(folder)).toEqual({ vocabulary: ['x', 'y'], lowercase: true });
});

it('lowercases as tokenizer_config.json says, and refuses what it cannot do', () => {
  fs.writeFileSync(path.join(folder, 'vocab.txt'), 'x\n');
  const readWith = (config: object) => {
    fs.writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify(config));
    return readTokenizer(folder).lowercase;
  };
  expect(readWith({})).toBe(true);
  expect(readWith({ do_lower_case: false, strip_accents: null, tokenize_chinese_chars: true })).toBe(false);
  expect(readWith({ do_lower_case: true, strip_accents: true })).toBe(true);
  expect(() => readWith({ do_lower_case: true, strip_accents: false })).toThrow(UserError);
  expect(() => readWith({ tokenize_chinese_chars: false })).toThrow('got {"tokenize_chinese_chars":false}');
});

it('keeps the whole of a byte-level BPE, and writes it again', () => {
  const files = read(BYTE_LEVEL);
  expect(files).toEqual({ vocabulary: ['a', 'b', '<mask>'], lowercase: false, json: BYTE_LEVEL });
  const copy = path.join(folder, 'copy');
  fs.mkdirSync(copy);
  writeTokenizer(copy, files, 512);
  expect(readTokenizer(copy)).toEqual(files);
});

it.each([
  ['another kind', { ...BYTE_LEVEL, model: { type: 'Unigram', vocab: [] } }, 'got Unigram after ByteLevel'],
  ['nothing', {}, 'got undefined after undefined'],
  [
    'a gap',
    { ...BYTE_LEVEL, added_tokens: [{ id: 7, content: 'x' }] },
    'a number from 0 to 2 for each of the 3',
  ],
  [
    'accents that stay',
    { ...WORD_PIECE, normalizer: { ...NORMALIZER, lowercase: true, strip_accents: false } },
    "Expected BERT's normalizer",
  ],
])('refuses %s', (_, json, message) => {
  expect(() => read(json)).toThrow(UserError);
  expect(() => read(json)).toThrow(message);
});
