import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { quoted, shownName } from '../../core/printable';
import type { WordPieceToken } from './added-token';
import { byteLevelFiles } from './byte-level-files';
import { expectTokenizerJson } from './expect-tokenizer-json';
import type { Json } from './family';
import type { TokenizerJson } from './tokenizer-json';
import { TokenizerSources, tokenizerSources } from './tokenizer-sources';
import { wordPieceFiles, writeVocabulary } from './word-piece-files';
import { BPE_SPECIAL, numberedTokens, WORD_PIECE_SPECIAL, wordPieceJson } from './word-piece-json';

/** What a tokenizer is made of: WordPiece, unless there is a `json`. */
export interface TokenizerFiles {
  /** The pieces, in the order of their ids. */
  readonly vocabulary: readonly string[];
  /** Whether texts are lowercased (and stripped of accents) first. */
  readonly lowercase: boolean;
  /** Of WordPiece: tokens of the vocabulary that texts are never cut into, beside the usual special pieces. */
  readonly added?: readonly WordPieceToken[];
  /** The whole `tokenizer.json` of a byte-level BPE tokenizer. */
  readonly json?: TokenizerJson;
}

/**
 * Reads the tokenizer of a folder as transformers does: `tokenizer.json`, `vocab.txt` of a WordPiece, or `vocab.json` and `merges.txt` of a
 * byte-level BPE, the first of these that is there; beside it `tokenizer_config.json`, `added_tokens.json` and `special_tokens_map.json`.
 *
 * @throws UserError if there is no vocabulary, or a kind of tokenizer that Whittle does not have.
 */
export function readTokenizer(folder: string): TokenizerFiles {
  const sources = tokenizerSources(folder);
  return isByteLevel(sources) ? byteLevelFiles(sources) : wordPieceFiles(sources);
}

function isByteLevel({ json, folder }: TokenizerSources): boolean {
  const isThere = (name: string) => fs.existsSync(path.join(folder, name));
  if (!json) return !isThere('vocab.txt') && isThere('vocab.json');
  const file = path.join(folder, 'tokenizer.json');
  const kind = `${shown(json.model?.type)} after ${shown(json.pre_tokenizer?.type)}`;
  if (kind !== BYTE_LEVEL && kind !== WORD_PIECE) {
    throw new UserError(
      `Expected WordPiece or a byte-level BPE in ${file}, got ${kind}; choose a BERT, DistilBERT, ELECTRA or RoBERTa.`,
    );
  }
  expectTokenizerJson(json as unknown as Json, file);
  return kind === BYTE_LEVEL;
}

const [BYTE_LEVEL, WORD_PIECE] = ['BPE after ByteLevel', 'WordPiece after BertPreTokenizer'] as const;

const shown = (type: unknown) => (typeof type === 'string' ? shownName(type) : quoted(type));

/** Writes the files that `readTokenizer` reads, and those that transformers and transformers.js read. */
export function writeTokenizer(folder: string, files: TokenizerFiles, maxLength: number): void {
  fs.rmSync(path.join(folder, 'added_tokens.json'), { force: true }); // an earlier tokenizer's
  if (files.json) writeByteLevel(folder, files.json, maxLength);
  else writeWordPiece(folder, files, maxLength);
}

function writeByteLevel(folder: string, json: TokenizerJson, maxLength: number): void {
  const config = {
    tokenizer_class: 'RobertaTokenizer',
    add_prefix_space: json.pre_tokenizer?.add_prefix_space ?? false,
    model_max_length: maxLength,
    ...BPE_SPECIAL,
  };
  writeFiles(folder, {
    'tokenizer.json': json,
    'tokenizer_config.json': config,
    'special_tokens_map.json': BPE_SPECIAL,
  });
}

function writeWordPiece(
  folder: string,
  { vocabulary, lowercase, added = [] }: TokenizerFiles,
  maxLength: number,
): void {
  const numbered = numberedTokens(new Map(vocabulary.map((piece, id) => [piece, id])), added);
  const config = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: lowercase,
    model_max_length: maxLength,
    ...WORD_PIECE_SPECIAL,
    ...(added.length > 0 && {
      added_tokens_decoder: Object.fromEntries(numbered.map(({ id, ...token }) => [id, token])),
    }),
  };
  writeVocabulary(folder, vocabulary, added);
  writeFiles(folder, {
    'tokenizer.json': wordPieceJson(vocabulary, lowercase, added),
    'tokenizer_config.json': config,
    'special_tokens_map.json': WORD_PIECE_SPECIAL,
  });
}

function writeFiles(folder: string, files: Readonly<Record<string, object>>): void {
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  }
}
