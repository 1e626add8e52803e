import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { readJson, readText } from './config';
import { readTokenizerJson, TokenizerJson } from './tokenizer-json';
import { BPE_SPECIAL, WORD_PIECE_SPECIAL, wordPieceJson } from './word-piece-json';

/** What a tokenizer is made of: WordPiece, unless there is a `json`. */
export interface TokenizerFiles {
  /** The pieces, in the order of their ids. */
  readonly vocabulary: readonly string[];
  /** Whether texts are lowercased (and stripped of accents) first. */
  readonly lowercase: boolean;
  /** The whole `tokenizer.json` of a byte-level BPE tokenizer. */
  readonly json?: TokenizerJson;
}

/**
 * Reads `vocab.txt` and, where there is one, `tokenizer_config.json` (transformers lowercases where it says nothing); or else
 * `tokenizer.json`, which is all that a RoBERTa or a folder saved by today's transformers has.
 *
 * @throws UserError if there is no vocabulary, or a kind of tokenizer that Whittle does not have.
 */
export function readTokenizer(folder: string): TokenizerFiles {
  const [pieces, json] = [path.join(folder, 'vocab.txt'), path.join(folder, 'tokenizer.json')];
  if (!fs.existsSync(pieces) && fs.existsSync(json)) return readTokenizerJson(json);
  const vocabulary = readText(pieces).split(/\r?\n/);
  if (vocabulary.at(-1) === '') vocabulary.pop();
  const config = path.join(folder, 'tokenizer_config.json');
  return { vocabulary, lowercase: fs.existsSync(config) ? lowercaseOf(config) : true };
}

function lowercaseOf(file: string): boolean {
  const { do_lower_case, strip_accents, tokenize_chinese_chars } = readJson(file);
  const lowercase = do_lower_case !== false;
  if ((strip_accents ?? lowercase) === lowercase && tokenize_chinese_chars !== false) return lowercase;
  throw new UserError(
    `Expected a BERT tokenizer in ${file} that strips accents just where it lowercases and sets ideographs apart, got ` +
      `${JSON.stringify({ do_lower_case, strip_accents, tokenize_chinese_chars })}; choose another model.`,
  );
}

/** Writes the files that `readTokenizer` reads, and those that transformers and transformers.js read. */
export function writeTokenizer(
  folder: string,
  { vocabulary, lowercase, json }: TokenizerFiles,
  maxLength: number,
): void {
  if (json) {
    const config = { tokenizer_class: 'RobertaTokenizer', model_max_length: maxLength, ...BPE_SPECIAL };
    return writeFiles(folder, {
      'tokenizer.json': json,
      'tokenizer_config.json': config,
      'special_tokens_map.json': BPE_SPECIAL,
    });
  }
  fs.writeFileSync(path.join(folder, 'vocab.txt'), vocabulary.map((piece) => `${piece}\n`).join(''));
  const config = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: lowercase,
    model_max_length: maxLength,
    ...WORD_PIECE_SPECIAL,
  };
  writeFiles(folder, {
    'tokenizer.json': wordPieceJson(vocabulary, lowercase),
    'tokenizer_config.json': config,
    'special_tokens_map.json': WORD_PIECE_SPECIAL,
  });
}

function writeFiles(folder: string, files: Readonly<Record<string, object>>): void {
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  }
}
