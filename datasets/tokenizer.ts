import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { UserError } from '../lib/core/errors';

/** One example as a BERT reads it: `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]`. */
export interface Encoding {
  /** Piece numbers. */
  readonly ids: number[];
  /** 0 for the first text and its frame, 1 for the second. */
  readonly typeIds: number[];
}

/** Turns texts into piece numbers. It can be saved with a model: `saveHuggingFace(model, folder, { tokenizerFiles: tokenizer })`. */
export interface Tokenizer {
  /** The pieces, in the order of their ids. */
  readonly vocabulary: readonly string[];
  readonly lowercase: boolean;
  /** The piece number that fills short rows of a batch. */
  readonly padId: number;
  /**
   * Encodes a text, or two, in at most `maxLength` pieces. What is too long loses its end; of two texts the longer one does
   * first ("longest first", as transformers truncates).
   */
  encode(text: string, pair: string | undefined, maxLength: number): Encoding;
}

/** Options of {@link wordPiece}. */
export interface WordPieceOptions {
  /** Lowercase texts and strip their accents first, as the "uncased" vocabularies expect; true by default. */
  readonly lowercase?: boolean;
}

/** Chunks whose pieces are remembered: texts repeat their words, and few tasks have more. */
const REMEMBERED = 200_000;

/**
 * BERT's WordPiece tokenizer (Devlin et al. 2019; Wu et al. 2016): split at spaces and punctuation, then into the longest pieces
 * that the vocabulary has. Ids equal those of transformers' `BertTokenizer`.
 *
 * @param vocabulary the pieces, in the order of their ids; `readTokenizer(folder)` reads those of a Hugging Face folder.
 * @throws UserError if the vocabulary lacks `[PAD]`, `[UNK]`, `[CLS]` or `[SEP]`.
 *
 * @example
 * const tokenizer = wordPiece(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'play', '##ing']);
 * tokenizer.encode('Playing', undefined, 128).ids; // [2, 4, 5, 3]
 */
export function wordPiece(
  vocabulary: readonly string[],
  { lowercase = true }: WordPieceOptions = {},
): Tokenizer {
  const [padId, , cls, sep] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((piece) =>
    idOf(piece, vocabulary),
  ) as [number, number, number, number];
  const pieces = pieceEncoder(vocabulary, lowercase);
  return {
    vocabulary,
    lowercase,
    padId,
    encode(text, pair, maxLength) {
      const texts = pair === undefined ? [pieces(text)] : [pieces(text), pieces(pair)];
      const kept = truncate(texts, maxLength - 1 - texts.length);
      const parts = kept.map((ids, i) => (i === 0 ? [cls, ...ids, sep] : [...ids, sep]));
      return { ids: parts.flat(), typeIds: parts.flatMap((ids, i) => new Array<number>(ids.length).fill(i)) };
    },
  };
}

function idOf(piece: string, vocabulary: readonly string[]): number {
  const id = vocabulary.indexOf(piece);
  if (id >= 0) return id;
  throw new UserError(
    `Expected a WordPiece vocabulary with ${piece}, got ${vocabulary.length} pieces without it; give the lines of a BERT's vocab.txt.`,
  );
}

/**
 * The piece numbers of a text, without `[CLS]` and `[SEP]`. Every step of the tokenizer works within what stands between two
 * spaces, so each such chunk is encoded once and remembered: ten times faster.
 */
function pieceEncoder(vocabulary: readonly string[], lowercase: boolean): (text: string) => number[] {
  const tokenizer = makeTokenizer(vocabulary, lowercase);
  const remembered = new Map<string, readonly number[]>();
  const encodeChunk = (chunk: string): readonly number[] => {
    const known = remembered.get(chunk);
    if (known) return known;
    if (remembered.size >= REMEMBERED) remembered.clear();
    const { ids } = tokenizer.encode(likeTransformers(chunk, lowercase), { add_special_tokens: false });
    remembered.set(chunk, ids);
    return ids;
  };
  return (text) => text.split(/[ \t\r\n]+/).flatMap(encodeChunk);
}

/** Ideographs beyond the first 65 536 characters, which the library does not set apart. */
const RARE_IDEOGRAPHS = /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/** Evens out where the library differs from transformers; JavaScript's lowercase of Σ, too, is another one at the end of a word. */
function likeTransformers(text: string, lowercase: boolean): string {
  const apart = text.replace(RARE_IDEOGRAPHS, ' $& ');
  return lowercase ? apart.replaceAll('Σ', 'σ') : apart;
}

/** The library's tokenizer, described as in a `tokenizer.json`. */
function makeTokenizer(vocabulary: readonly string[], lowercase: boolean): HuggingFaceTokenizer {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].filter((piece) =>
    vocabulary.includes(piece),
  );
  const description = {
    added_tokens: special.map((content) => ({ id: vocabulary.indexOf(content), content, special: true })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
    },
    post_processor: null,
    decoder: null,
  };
  return new HuggingFaceTokenizer(description, {});
}

/** The beginnings of one or two texts that fit into `room` pieces together. Where both lose some, the longer keeps the odd one. */
function truncate(texts: readonly number[][], room: number): number[][] {
  if (room < 0)
    throw new UserError(`Expected a maxLength of at least 2, or 3 for a pair; [CLS] and [SEP] do not fit.`);
  const [first = [], second] = texts;
  if (!second) return [first.slice(0, room)];
  const shorter = Math.min(first.length, second.length, Math.floor(room / 2));
  const longer = room - shorter;
  return first.length > second.length
    ? [first.slice(0, longer), second.slice(0, shorter)]
    : [first.slice(0, shorter), second.slice(0, longer)];
}
