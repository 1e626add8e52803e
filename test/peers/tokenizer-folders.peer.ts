import { deepStrictEqual } from 'node:assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { tokenizerOf } from '../../datasets/tokenizer/tokenizer-of';
import { Random, seededRandom } from '../../lib/core/random';
import type { AddedToken, NumberedToken } from '../../lib/export/hugging-face/added-token';
import { specialToken } from '../../lib/export/hugging-face/added-token';
import { readTokenizer, writeTokenizer } from '../../lib/export/hugging-face/tokenizer';
import { wordPieceJson } from '../../lib/export/hugging-face/word-piece-json';
import { askPython, inFolder } from './ask-python';

export const name = 'tokenizer-folders';

const [FOLDERS, TEXTS] = [120, 300];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const BPE_SPECIAL = ['<s>', '<pad>', '</s>', '<unk>'];
const CHARACTERS = [...'abE1é_-<>[]中ßİ'];
const PIECES = [...CHARACTERS, ...[...'abe1_'].map((character) => `##${character}`), 'ab', '##ba', 'i', 'e'];
const CONTENTS = [
  ...['<e1>', '[ENT]', 'ab', 'ba', 'a b', 'É', '[E', 'İb', '中', ' b', '-', 'aB1', '_', '<é', 'ß'],
  ...['[MASK]', '<mask>'],
];
const SPACES = [' ', '  ', '\t', '\u3000', '\u00a0', '\u0085'];
const KINDS = [
  ...[
    CONTENTS,
    CONTENTS,
    CHARACTERS,
    CHARACTERS,
    SPACES,
    SPECIAL,
    BPE_SPECIAL,
    ['\u200b', '\u0301', '🙂', 'ab'],
  ],
  CONTENTS.map((content) => content.toLowerCase()),
  CONTENTS.map((content) => content.toUpperCase()),
];

/** Files of a folder by their names. */
type Files = Readonly<Record<string, string | object>>;

/**
 * Compares folders of WordPiece and byte-level BPE tokenizers, with added tokens of all kinds in each of the files that may declare
 * them, with what AutoTokenizer makes of them, and of what is saved of them.
 */
export function check(python: string): Promise<string> {
  const random = seededRandom(1, 'tokenizer folders peer');
  const texts = Array.from({ length: TEXTS }, () => randomText(random));
  return Promise.resolve(inFolder((root) => compare(python, root, texts, random)));
}

function compare(python: string, root: string, texts: readonly string[], random: Random): string {
  const folders = Array.from({ length: FOLDERS }, (_, i) => {
    const files = i % 3 === 0 ? byteLevelFolder(random) : wordPieceFolder(random);
    return written(path.join(root, `${i}`), files);
  });
  const tokenizers = folders.map((folder) => tokenizerOf(readTokenizer(folder)));
  const saved = folders.map((folder, i) => {
    const copy = written(`${folder}-saved`, {
      'config.json': fs.readFileSync(path.join(folder, 'config.json'), 'utf8'),
    });
    writeTokenizer(copy, tokenizers[i]!, 64);
    deepStrictEqual(readTokenizer(copy).vocabulary, tokenizers[i]!.vocabulary);
    return copy;
  });
  const job = { folders: [...folders, ...saved], texts };
  const expected = askPython(python, 'tokenizer-folders.py', root, job) as number[][][];
  job.folders.forEach((folder, i) => {
    const tokenizer = tokenizers[i % FOLDERS]!;
    texts.forEach((text, j) => {
      const { ids } = tokenizer.encode(text, undefined, 512);
      const files = fs.readdirSync(folder).join(', ');
      const tokens = JSON.stringify(tokenizer.added ?? tokenizer.json?.added_tokens);
      deepStrictEqual(
        ids,
        expected[i]![j],
        `${JSON.stringify(text)} of a folder with ${files} and ${tokens}`,
      );
    });
  });
  return `${FOLDERS} folders with added tokens, and what was saved of each, ${TEXTS} texts: no difference`;
}

function written(folder: string, files: Files): string {
  fs.mkdirSync(folder);
  for (const [file, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    fs.writeFileSync(path.join(folder, file), text);
  }
  return folder;
}

/** A WordPiece tokenizer whose added tokens stand in one of the files that may have them. */
function wordPieceFolder(random: Random): Files {
  const lowercase = random() < 0.5;
  const { vocabulary, more, tokens } = randomTokens(random, [...SPECIAL, ...PIECES], SPECIAL);
  const vocab = vocabulary.map((piece) => `${piece}\n`).join('');
  const pieces = tokens.map((token) => ({ ...token, isPiece: !more.includes(token.content) }));
  const json = wordPieceJson([...vocabulary, ...more], lowercase, pieces);
  const config = { tokenizer_class: 'BertTokenizer', do_lower_case: lowercase };
  const fast = { tokenizer_class: 'PreTrainedTokenizerFast', unk_token: '[UNK]' };
  const usual = SPECIAL.map((content, id) => ({ id, ...specialToken(content) }));
  const decoder = { added_tokens_decoder: byId([...usual, ...tokens]) };
  const additional = { additional_special_tokens: tokens.map(({ content }) => content) };
  const kinds: Files[] = [
    { 'vocab.txt': vocab, 'tokenizer_config.json': config, 'added_tokens.json': idsOf(tokens) },
    { 'vocab.txt': vocab, 'tokenizer_config.json': { ...config, ...decoder } },
    { 'tokenizer.json': json, 'tokenizer_config.json': config },
    { 'tokenizer.json': json, 'tokenizer_config.json': { ...config, ...fast } },
    { 'vocab.txt': vocab, 'tokenizer.json': json, 'tokenizer_config.json': { ...config, ...decoder } },
    { 'vocab.txt': vocab, 'tokenizer_config.json': config, 'special_tokens_map.json': additional },
  ];
  return { 'config.json': { model_type: 'bert' }, ...kinds[Math.floor(random() * kinds.length)] };
}

function byteLevelFolder(random: Random): Files {
  const bytes = Array.from({ length: 256 }, (_, byte) => pieceOf(byte));
  const merges = ['Ġ a', 'a b', 'Ġ b', 'Ġa b', 'e 1'];
  const first = [...BPE_SPECIAL, ...bytes, ...merges.map((merge) => merge.replace(' ', ''))];
  const { vocabulary, more, tokens } = randomTokens(random, first, [...BPE_SPECIAL, '<mask>']);
  const vocab = Object.fromEntries(vocabulary.map((piece, id) => [piece, id]));
  const add_prefix_space = random() < 0.5;
  const config = { tokenizer_class: 'RobertaTokenizer', add_prefix_space };
  const mask = more.includes('<mask>')
    ? []
    : [{ id: vocabulary.length + more.length, ...specialToken('<mask>') }];
  const usual = [...BPE_SPECIAL.map((content, id) => ({ id, ...specialToken(content) })), ...mask];
  const json = {
    added_tokens: Object.entries(byId([...usual, ...tokens])).map(([id, token]) => ({
      id: Number(id),
      ...token,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'RobertaProcessing',
      ...{ sep: ['</s>', 2], cls: ['<s>', 0], trim_offsets: true, add_prefix_space },
    },
    decoder: { type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab, merges },
  };
  const files = { 'vocab.json': vocab, 'merges.txt': `#version: 0.2\n${merges.join('\n')}\n` };
  const kinds: Files[] = [
    { ...files, 'tokenizer_config.json': config },
    { ...files, 'tokenizer_config.json': config, 'added_tokens.json': idsOf([...mask, ...tokens]) },
    { 'tokenizer.json': json, 'tokenizer_config.json': config },
    { 'tokenizer.json': json, 'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast' } },
  ];
  return { 'config.json': { model_type: 'roberta' }, ...kinds[Math.floor(random() * kinds.length)] };
}

/** GPT-2's character for a byte. */
function pieceOf(byte: number): string {
  const isPlain = (code: number) => (code > 32 && code < 127) || (code > 160 && code < 256 && code !== 173);
  const before = Array.from({ length: byte }, (_, code) => code).filter((code) => !isPlain(code)).length;
  return String.fromCharCode(isPlain(byte) ? byte : 256 + before);
}

/** Some tokens with random flags, of which `more` are not in the vocabulary. */
function randomTokens(random: Random, vocabulary: readonly string[], special: readonly string[]) {
  const flag = (chance: number) => random() < chance;
  const contents = shuffled(CONTENTS, random).slice(0, 1 + Math.floor(6 * random()));
  const more = contents.filter((content) => !vocabulary.includes(content));
  const ids = new Map([...vocabulary, ...more].map((piece, id) => [piece, id]));
  const tokens = contents.map((content): NumberedToken => {
    const isSpecial = flag(1 / 3) || special.includes(content);
    const flags = { single_word: flag(1 / 3), lstrip: flag(1 / 3), rstrip: flag(1 / 3) };
    const normalized = !isSpecial && flag(3 / 4);
    return { id: ids.get(content)!, content, ...flags, normalized, special: isSpecial };
  });
  return { vocabulary, more, tokens: tokens.sort((a, b) => a.id - b.id) };
}

const byId = (tokens: readonly NumberedToken[]): Record<string, AddedToken> =>
  Object.fromEntries(tokens.map(({ id, ...token }) => [id, token]));

const idsOf = (tokens: readonly NumberedToken[]): Record<string, number> =>
  Object.fromEntries(tokens.map(({ content, id }) => [content, id]));

const shuffled = <T>(list: readonly T[], random: Random): T[] =>
  list
    .map((item) => [random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);

/** Added tokens, characters and spaces, one after the other. */
function randomText(random: Random): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return Array.from({ length: Math.floor(random() * 14) }, () => pick(pick(KINDS))).join('');
}
