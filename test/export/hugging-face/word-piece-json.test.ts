import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { readTokenizer, writeTokenizer } from '../../../lib/export/hugging-face/tokenizer';
import { wordPieceJson } from '../../../lib/export/hugging-face/word-piece-json';

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'good', 'Good', 'film', '##s'];

const idsOf = (lowercase: boolean, text: string, pair?: string) => {
  const { ids, token_type_ids } = new Tokenizer(wordPieceJson(VOCABULARY, lowercase), {}).encode(text, {
    text_pair: pair,
    return_token_type_ids: true,
  });
  return [ids, token_type_ids];
};

test('one text and two, framed as a BERT reads them', () => {
  expect(idsOf(true, 'Good films')).toEqual([
    [2, 5, 7, 8, 3],
    [0, 0, 0, 0, 0],
  ]);
  expect(idsOf(true, 'good', 'bad films')).toEqual([
    [2, 5, 3, 1, 7, 8, 3],
    [0, 0, 0, 1, 1, 1, 1],
  ]);
});

test('cased, and pieces that are written as such', () => {
  expect(idsOf(false, 'Good good [MASK]')[0]).toEqual([2, 6, 5, 4, 3]);
});

test('a saved tokenizer reads back, also from tokenizer.json alone', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokenizer-'));
  const files = { vocabulary: VOCABULARY, lowercase: false };
  writeTokenizer(folder, files, 64);
  expect(fs.readdirSync(folder).sort()).toEqual([
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'vocab.txt',
  ]);
  expect(readTokenizer(folder)).toEqual(files);
  fs.rmSync(path.join(folder, 'vocab.txt'));
  expect(readTokenizer(folder)).toEqual(files);
  fs.rmSync(folder, { recursive: true });
});
