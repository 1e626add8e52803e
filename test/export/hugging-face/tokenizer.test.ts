import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { tokenizerOf } from '../../../datasets/tokenizer/tokenizer-of';
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

/** Writes further files of the folder. */
function write(files: Readonly<Record<string, string | object>>): void {
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    fs.writeFileSync(path.join(folder, name), text);
  }
}

const UNCASED = { ...WORD_PIECE, normalizer: { ...NORMALIZER, lowercase: true } };

it('reads the WordPiece of a tokenizer.json, also beside vocab.txt', () => {
  expect(read(UNCASED)).toEqual({ vocabulary: ['[PAD]', 'a', '##b'], lowercase: true });
  write({ 'vocab.txt': 'x\r\ny\n' });
  expect(readTokenizer(folder).vocabulary).toEqual(['[PAD]', 'a', '##b']);
  fs.rmSync(path.join(folder, 'tokenizer.json'));
  expect(readTokenizer(folder)).toEqual({ vocabulary: ['x', 'y'], lowercase: true });
});

it('lowercases as the class of the tokenizer does in transformers', () => {
  const lowercase = (config: object, json: object) => {
    write({ 'tokenizer_config.json': config });
    return read(json).lowercase;
  };
  for (const tokenizer_class of ['BertTokenizer', 'DistilBertTokenizerFast', undefined]) {
    expect(lowercase({ tokenizer_class, do_lower_case: true }, WORD_PIECE)).toBe(true);
    expect(lowercase({ tokenizer_class, do_lower_case: false }, UNCASED)).toBe(false);
    expect(() => lowercase({ tokenizer_class }, WORD_PIECE)).toThrow(
      'beside a tokenizer.json that does not lowercase, got none, so that transformers lowercases; write {"do_lower_case": false}',
    );
  }
  const post_processor = { type: 'BertProcessing', cls: ['[CLS]', 0], sep: ['[SEP]', 0] };
  for (const tokenizer_class of ['PreTrainedTokenizerFast', 'TokenizersBackend']) {
    expect(lowercase({ tokenizer_class, do_lower_case: true }, { ...WORD_PIECE, post_processor })).toBe(
      false,
    );
    expect(lowercase({ tokenizer_class, do_lower_case: false }, { ...UNCASED, post_processor })).toBe(true);
  }
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
  [
    'words between spaces',
    { ...UNCASED, pre_tokenizer: { type: 'WhitespaceSplit' } },
    'got WordPiece after WhitespaceSplit',
  ],
  [
    'texts without their beginnings',
    { ...UNCASED, truncation: { direction: 'Left' } },
    'truncation_side "left"',
  ],
  [
    'texts that are filled up before their beginnings',
    { ...BYTE_LEVEL, padding: { direction: 'Left' } },
    'padding_side "left"',
  ],
  [
    'another frame',
    { ...UNCASED, post_processor: { type: 'TemplateProcessing', single: [], pair: [] } },
    'Expected the frame [CLS] text [SEP] pair [SEP]',
  ],
  [
    'other pieces within words',
    { ...UNCASED, model: { ...UNCASED.model, continuing_subword_prefix: '@@' } },
    "Expected BERT's WordPiece",
  ],
  [
    'a regular expression, which may run for hours',
    { ...BYTE_LEVEL, normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } },
    "Expected RoBERTa's tokenizer",
  ],
  [
    'bytes that are not cut into words',
    { ...BYTE_LEVEL, pre_tokenizer: { type: 'ByteLevel', use_regex: false } },
    "Expected RoBERTa's tokenizer",
  ],
  [
    'tokens that are none',
    { ...UNCASED, added_tokens: 5 },
    'Expected a list of pieces with content and id as added_tokens',
  ],
  ['a token without a number', { ...UNCASED, added_tokens: [{ content: 'x' }] }, 'got [{"content":"x"}]'],
  [
    'a token that is longer than any',
    { ...BYTE_LEVEL, added_tokens: [{ id: 3, content: 'y'.repeat(100_000) }] },
    'Expected added tokens of 1 to 1000 characters',
  ],
  ['two pieces of one number', { ...UNCASED, added_tokens: [{ id: 1, content: 'x' }] }, 'got ["a","x"]'],
])('refuses %s', (_, json, message) => {
  expect(() => read(json)).toThrow(UserError);
  expect(() => read(json)).toThrow(message);
});

it('refuses a frame nested deeper than a call stack', () => {
  const json = JSON.stringify({ ...UNCASED, post_processor: { type: 'TemplateProcessing', single: 'deep' } });
  write({ 'tokenizer.json': json.replace('"deep"', '['.repeat(1e5) + ']'.repeat(1e5)) });
  expect(() => readTokenizer(folder)).toThrow(
    'got a value nested too deep to be shown; choose another model.',
  );
});

it.each([
  ['BertJapaneseTokenizer', { 'tokenizer_config.json': { tokenizer_class: 'BertJapaneseTokenizer' } }],
  ['BertJapaneseTokenizer', { 'config.json': { tokenizer_class: 'BertJapaneseTokenizer' } }],
  ['\\u001b[2J', { 'tokenizer_config.json': { tokenizer_class: '\u001b[2J' } }],
  ['truncation_side "left"', { 'tokenizer_config.json': { truncation_side: 'left' } }],
  ['padding_side "left"', { 'tokenizer_config.json': { padding_side: 'left' } }],
  ['<mask>', { 'special_tokens_map.json': { mask_token: '<mask>' } }],
  ['a tokenizer.json', { 'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast' } }],
])('refuses a folder by name: %s', (message, files) => {
  write({ 'vocab.txt': '[PAD]\na\n', ...files });
  expect(() => readTokenizer(folder)).toThrow(UserError);
  expect(() => readTokenizer(folder)).toThrow(message);
});

describe('added tokens of a WordPiece tokenizer', () => {
  const flags = { single_word: false, lstrip: false, rstrip: false };
  const written = { content: '[ENT]', ...flags, normalized: false, special: true };
  const entity = { ...written, isPiece: false };
  const common = { content: '<e1>', ...flags, normalized: true, special: false, isPiece: false };

  it.each<[string, Readonly<Record<string, object>>, object[]]>([
    ['added_tokens.json', { 'added_tokens.json': { '<e1>': 2 } }, [common]],
    [
      'added_tokens.json and a list of special ones',
      {
        'added_tokens.json': { '[ENT]': 2 },
        'special_tokens_map.json': { additional_special_tokens: ['[ENT]'] },
      },
      [entity],
    ],
    ['added_tokens_decoder', { 'tokenizer_config.json': { added_tokens_decoder: { 2: written } } }, [entity]],
    [
      'special_tokens_map.json',
      { 'special_tokens_map.json': { additional_special_tokens: ['[ENT]'] } },
      [entity],
    ],
    ['extra_special_tokens', { 'tokenizer_config.json': { extra_special_tokens: [written] } }, [entity]],
    [
      'a piece with flags',
      {
        'tokenizer_config.json': { added_tokens_decoder: { 1: { ...written, content: 'a', lstrip: true } } },
      },
      [{ ...entity, content: 'a', lstrip: true, isPiece: true }],
    ],
    [
      'the usual ones',
      { 'tokenizer_config.json': { added_tokens_decoder: { 0: { ...written, content: '[PAD]' } } } },
      [],
    ],
  ])('are read from %s, and saved', (_, files, added) => {
    write({ 'vocab.txt': '[PAD]\na\n', ...files });
    const read = readTokenizer(folder);
    const more = added.map((token) => (token as typeof entity).content).filter((content) => content !== 'a');
    expect(read.vocabulary).toEqual(['[PAD]', 'a', ...more]);
    expect(read.added ?? []).toEqual(added);
    const copy = path.join(folder, 'copy');
    fs.mkdirSync(copy);
    writeTokenizer(copy, read, 512);
    expect(fs.readFileSync(path.join(copy, 'vocab.txt'), 'utf8')).toBe('[PAD]\na\n');
    expect(readTokenizer(copy)).toEqual(read);
  });

  it('follow the vocabulary without a hole', () => {
    write({ 'vocab.txt': '[PAD]\na\n', 'added_tokens.json': { x: 40 } });
    expect(() => readTokenizer(folder)).toThrow('a number from 0 to 2 for each of the 3 pieces');
  });

  it('of an earlier tokenizer are removed', () => {
    write({ 'added_tokens.json': { x: 1 } });
    writeTokenizer(folder, { vocabulary: ['[PAD]'], lowercase: true }, 512);
    expect(readTokenizer(folder)).toEqual({ vocabulary: ['[PAD]'], lowercase: true });
  });
});

describe('byte-level BPE', () => {
  const prefixed = { ...BYTE_LEVEL, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true } };
  const prefix = (config: object, json: object) => {
    write({ 'tokenizer_config.json': config });
    return read(json).json?.pre_tokenizer?.add_prefix_space;
  };

  it('begins with a space as transformers does, and says so when it is saved', () => {
    expect(prefix({ add_prefix_space: true }, BYTE_LEVEL)).toBe(true);
    expect(prefix({ tokenizer_class: 'RobertaTokenizer', add_prefix_space: false }, prefixed)).toBe(false);
    expect(prefix({ tokenizer_class: 'PreTrainedTokenizerFast' }, prefixed)).toBe(true);
    expect(() => prefix({}, prefixed)).toThrow('beside a tokenizer.json with true, got undefined');
    const copy = path.join(folder, 'copy');
    fs.mkdirSync(copy);
    writeTokenizer(copy, { vocabulary: [], lowercase: false, json: prefixed }, 512);
    const config = fs.readFileSync(path.join(copy, 'tokenizer_config.json'), 'utf8');
    expect(JSON.parse(config)).toMatchObject({ add_prefix_space: true });
    expect(readTokenizer(copy).json).toEqual(prefixed);
  });

  // the numbers are those of transformers' AutoTokenizer
  it.each([
    [{}, 'ba é', [5, 4, 6, 10, 11]],
    [{}, 'a <mask> b<mask>', [4, 6, 12, 9, 12]],
    [{ 'tokenizer_config.json': { add_prefix_space: true } }, 'ba é', [9, 4, 6, 10, 11]],
    [{ 'tokenizer_config.json': { add_prefix_space: true } }, '<s>a', [0, 8]],
    [{ 'added_tokens.json': { '<e1>': 13, 'q q': 14 } }, 'a <e1> q q b', [4, 6, 13, 6, 14, 9]],
  ])('reads vocab.json and merges.txt with %j', (files, text, ids) => {
    const pieces = ['<s>', '<pad>', '</s>', '<unk>', 'a', 'b', 'Ġ', 'ab', 'Ġa', 'Ġb', 'Ã', '©', '<mask>'];
    const vocabulary = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
    write({ 'vocab.json': vocabulary, 'merges.txt': '#version: 0.2\nĠ a\nĠ b\na b\n', ...files });
    const found = readTokenizer(folder);
    expect(tokenizerOf(found).encode(text, undefined, 64).ids.slice(1, -1)).toEqual(ids);
    writeTokenizer(folder, found, 512);
    expect(readTokenizer(folder)).toEqual(found);
  });

  it('adds a special piece that vocab.json lacks', () => {
    write({ 'vocab.json': { '<s>': 0, '<pad>': 1, '</s>': 2, '<unk>': 3 }, 'merges.txt': '' });
    expect(readTokenizer(folder).vocabulary).toEqual(['<s>', '<pad>', '</s>', '<unk>', '<mask>']);
  });
});
