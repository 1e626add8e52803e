import { UserError } from '../../core/errors';
import { readJson } from './config';

/** Two pieces that a byte-level BPE makes one of: old files have them in one string, with a space between. */
export type Merge = string | readonly [string, string];

/** A `tokenizer.json`, as far as it is read here. */
export interface TokenizerJson {
  /** What cuts words into pieces. */
  readonly model: {
    /** `WordPiece` or `BPE`. */
    readonly type: string;
    /** Ids of the pieces. */
    readonly vocab: Readonly<Record<string, number>>;
    /** Of a BPE, the first ones first. */
    readonly merges?: readonly Merge[];
  };
  /** How short rows are filled. */
  readonly padding?: {
    /** Id of the piece that fills them. */
    readonly pad_id: number;
  } | null;
  /** Pieces that texts are never cut into, such as `[CLS]`. */
  readonly added_tokens?: readonly {
    /** In the same numbering as `vocab`. */
    readonly id: number;
    /** The piece itself. */
    readonly content: string;
  }[];
  /** What is done to a text first. */
  readonly normalizer?: {
    /** `BertNormalizer` of a WordPiece. */
    readonly type: string;
    /** Default true, as for all of BERT's. */
    readonly lowercase?: boolean;
    /** Where `lowercase` is, by default and for null. */
    readonly strip_accents?: boolean | null;
    /** Sets ideographs apart. Default true. */
    readonly handle_chinese_chars?: boolean;
    /** Drops control characters. Default true. */
    readonly clean_text?: boolean;
  } | null;
  /** What cuts a text into words. */
  readonly pre_tokenizer?: {
    /** `BertPreTokenizer` or `ByteLevel`. */
    readonly type: string;
  } | null;
  /** What puts special pieces around texts. */
  readonly post_processor?: {
    /** `RobertaProcessing` of a byte-level BPE. */
    readonly type: string;
    /** The piece before a text, and its id. */
    readonly cls?: readonly [string, number];
    /** The piece after a text, and its id. */
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
