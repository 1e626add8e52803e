import * as fs from 'node:fs';
import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import type { WordPieceToken } from './added-token';
import { declaredTokens, withAdded } from './added-tokens';
import { readText } from './config';
import type { TokenizerJson } from './tokenizer-json';
import { expectClass, TAKES_JSON, TokenizerSources } from './tokenizer-sources';
import { BERT_FRAME, WORD_PIECE_SPECIAL } from './word-piece-json';

/** The classes of transformers that are BERT's WordPiece. */
const CLASSES = ['BertTokenizer', 'DistilBertTokenizer', 'ElectraTokenizer'];

/**
 * Reads the WordPiece tokenizer of a folder: `tokenizer.json`, or else `vocab.txt`, with added tokens.
 *
 * @throws UserError for a tokenizer that is not BERT's.
 */
export function wordPieceFiles(sources: TokenizerSources) {
  const { folder, json } = sources;
  expectClass(sources, CLASSES);
  if (json) expectBert(json, sources);
  const pieces = json ? Object.entries(json.model.vocab ?? {}) : linesOf(path.join(folder, 'vocab.txt'));
  const tokens = declaredTokens(sources, WORD_PIECE_SPECIAL);
  const known = new Set(pieces.map(([piece]) => piece));
  const added = tokens
    .map(({ token }): WordPieceToken => ({ ...token, isPiece: known.has(token.content) }))
    .filter((token) => !isUsual(token));
  return {
    vocabulary: withAdded(pieces, tokens, folder),
    lowercase: lowercaseOf(sources),
    ...(added.length > 0 && { added }),
  };
}

function linesOf(file: string): [piece: string, id: number][] {
  const lines = readText(file).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((piece, id) => [piece, id]);
}

/** A special piece of every BERT that is found wherever it stands goes without saying. */
const isUsual = ({ content, single_word, lstrip, rstrip, normalized, isPiece }: WordPieceToken): boolean =>
  Object.values<string>(WORD_PIECE_SPECIAL).includes(content) &&
  isPiece &&
  ![single_word, lstrip, rstrip, normalized].includes(true);

function expectBert(
  { normalizer, model, post_processor: frame }: TokenizerJson,
  sources: TokenizerSources,
): void {
  const file = path.join(sources.folder, 'tokenizer.json');
  const {
    type,
    lowercase = true,
    strip_accents,
    handle_chinese_chars = true,
    clean_text = true,
  } = normalizer ?? {};
  const isPlain = (strip_accents ?? lowercase) === lowercase && handle_chinese_chars && clean_text;
  if (type !== 'BertNormalizer' || !isPlain) {
    throw new UserError(
      `Expected BERT's normalizer in ${file}, which strips accents just where it lowercases and sets ideographs apart, got ` +
        `${quoted(normalizer)}; choose another model.`,
    );
  }
  const { continuing_subword_prefix: prefix = '##', max_input_chars_per_word: longest = 100 } = model;
  const { unk_token = WORD_PIECE_SPECIAL.unk_token } = model;
  if (prefix !== '##' || longest !== 100 || unk_token !== WORD_PIECE_SPECIAL.unk_token) {
    throw new UserError(
      `Expected BERT's WordPiece in ${file}, with ## within words, of 100 characters at most, and ${WORD_PIECE_SPECIAL.unk_token}, got ` +
        `${quoted({ prefix, longest, unk_token })}; choose another model.`,
    );
  }
  const isFramed = frame ? isBertFrame(frame) : !TAKES_JSON.includes(sources.className);
  if (isFramed) return;
  throw new UserError(
    `Expected the frame [CLS] text [SEP] pair [SEP] in ${file}, got ${quoted(frame)}; choose another model.`,
  );
}

function isBertFrame(frame: NonNullable<TokenizerJson['post_processor']>): boolean {
  const { type, single, pair, cls, sep } = frame;
  if (type === 'BertProcessing') return cls?.[0] === '[CLS]' && sep?.[0] === '[SEP]';
  return isDeepStrictEqual({ single, pair }, BERT_FRAME);
}

/**
 * Whether texts are lowercased: for most classes of transformers `tokenizer_config.json` says it and lowercases where it says nothing,
 * whatever stands in `tokenizer.json`.
 */
function lowercaseOf({ config, json, className, folder }: TokenizerSources): boolean {
  const lowercaseInJson = json && (json.normalizer?.lowercase ?? true);
  if (lowercaseInJson !== undefined && TAKES_JSON.includes(className)) return lowercaseInJson;
  const { do_lower_case, strip_accents, tokenize_chinese_chars } = config;
  const lowercase = do_lower_case !== false;
  if ((strip_accents ?? lowercase) !== lowercase || tokenize_chinese_chars === false) {
    throw new UserError(
      `Expected a BERT tokenizer in ${path.join(folder, 'tokenizer_config.json')} that strips accents just where it lowercases and sets ` +
        `ideographs apart, got ${quoted({ do_lower_case, strip_accents, tokenize_chinese_chars })}; choose another model.`,
    );
  }
  if (do_lower_case !== undefined || lowercase === (lowercaseInJson ?? true)) return lowercase;
  throw new UserError(
    `Expected do_lower_case in ${path.join(folder, 'tokenizer_config.json')} beside a tokenizer.json that does not lowercase, got none, so ` +
      'that transformers lowercases; write {"do_lower_case": false} there, or true.',
  );
}

/** Writes `vocab.txt`: without the last added tokens, which are no pieces of words. */
export function writeVocabulary(
  folder: string,
  vocabulary: readonly string[],
  added: readonly WordPieceToken[],
): void {
  const addedOnly = new Set(added.filter(({ isPiece }) => !isPiece).map(({ content }) => content));
  const end = vocabulary.findLastIndex((piece) => !addedOnly.has(piece)) + 1;
  const lines = vocabulary.slice(0, end).map((piece) => `${piece}\n`);
  fs.writeFileSync(path.join(folder, 'vocab.txt'), lines.join(''));
}
