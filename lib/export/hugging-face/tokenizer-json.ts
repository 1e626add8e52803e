import { UserError } from '../../core/errors';
import { readJson } from './config';

/** Two pieces that a byte-level BPE makes one of: old files have them in one string, with a space between. */
export type Merge = string | readonly [string, string];

/** A `tokenizer.json`, as far as it is read here. */
export interface TokenizerJson {
  readonly model: {
    readonly type: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges?: readonly Merge[];
  };
  readonly padding?: { readonly pad_id: number } | null;
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
  readonly normalizer?: {
    readonly type: string;
    readonly lowercase?: boolean;
    readonly strip_accents?: boolean | null;
    readonly handle_chinese_chars?: boolean;
    readonly clean_text?: boolean;
  } | null;
  readonly pre_tokenizer?: { readonly type: string } | null;
  readonly post_processor?: {
    readonly type: string;
    readonly cls?: readonly [string, number];
    readonly sep?: readonly [string, number];
  } | null;
}

interface ReadTokenizer {
  readonly vocabulary: readonly string[];
  readonly lowercase: boolean;
  readonly json?: TokenizerJson;
}

/**
 * Reads a `tokenizer.json`: of a WordPiece tokenizer what `vocab.txt` would tell, of a byte-level BPE everything.
 *
 * @throws UserError for other kinds of tokenizers.
 */
export function readTokenizerJson(file: string): ReadTokenizer {
  const json = readJson(file) as unknown as TokenizerJson;
  const kind = `${json.model?.type} after ${json.pre_tokenizer?.type}`;
  if (kind === 'BPE after ByteLevel') return { vocabulary: vocabularyOf(json, file), lowercase: false, json };
  if (kind === 'WordPiece after BertPreTokenizer') {
    return { vocabulary: vocabularyOf(json, file), lowercase: lowercaseOf(json, file) };
  }
  throw new UserError(
    `Expected WordPiece or a byte-level BPE in ${file}, got ${kind}; choose a BERT, DistilBERT, ELECTRA or RoBERTa.`,
  );
}

/** The pieces and added tokens, in the order of their ids. */
function vocabularyOf({ model, added_tokens = [] }: TokenizerJson, file: string): string[] {
  const ids = new Map(Object.entries(model.vocab ?? {}));
  for (const { content, id } of added_tokens) ids.set(content, id);
  const vocabulary: string[] = [];
  for (const [piece, id] of ids) if (id < ids.size) vocabulary[id] = piece;
  if (vocabulary.filter((piece) => piece !== undefined).length === ids.size) return vocabulary;
  throw new UserError(
    `Expected a number from 0 to ${ids.size - 1} for each of the ${ids.size} pieces of ${file}, but some are missing.`,
  );
}

function lowercaseOf({ normalizer }: TokenizerJson, file: string): boolean {
  const {
    type,
    lowercase = true,
    strip_accents,
    handle_chinese_chars = true,
    clean_text = true,
  } = normalizer ?? {};
  const plain = (strip_accents ?? lowercase) === lowercase && handle_chinese_chars && clean_text;
  if (type === 'BertNormalizer' && plain) return lowercase;
  throw new UserError(
    `Expected BERT's normalizer in ${file}, which strips accents just where it lowercases and sets ideographs apart, got ` +
      `${JSON.stringify(normalizer)}; choose another model.`,
  );
}
