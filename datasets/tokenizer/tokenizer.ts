import { UserError } from '../../lib/core/errors';
import type { TokenizerFiles } from '../../lib/export/hugging-face/tokenizer';
import { Encoding, Frame, frameTexts } from './frame';
import { bertWords } from './words';

/**
 * Turns texts into piece numbers: `wordPiece(vocabulary)`, or `tokenizerOf` the files of a Hugging Face folder. It can be saved with
 * a model: `saveHuggingFace(model, folder, { tokenizerFiles: tokenizer })`.
 */
export interface Tokenizer extends TokenizerFiles {
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

/** Words of more characters than this are unknown. */
const LONGEST_WORD = 100;

/** In a text, these stand for themselves. */
const SPECIAL = /(\[(?:PAD|UNK|CLS|SEP|MASK)\])/;

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
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const [padId, unknown, cls, sep] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((piece) =>
    idOf(piece, ids),
  ) as [number, number, number, number];
  const pieces = pieceEncoder(ids, unknown, lowercase);
  const frame: Frame = { before: [cls], between: [sep], after: [sep], pairType: 1 };
  return {
    vocabulary,
    lowercase,
    padId,
    encode(text, pair, maxLength) {
      return frameTexts([pieces(text), pair === undefined ? undefined : pieces(pair)], frame, maxLength);
    },
  };
}

type Ids = ReadonlyMap<string, number>;

function idOf(piece: string, ids: Ids): number {
  const id = ids.get(piece);
  if (id !== undefined) return id;
  throw new UserError(
    `Expected a WordPiece vocabulary with ${piece}, got ${ids.size} pieces without it; give the lines of a BERT's vocab.txt.`,
  );
}

/**
 * The piece numbers of a text, without `[CLS]` and `[SEP]`. Every step of the tokenizer works within what stands between two
 * spaces, so each such chunk is encoded once and remembered: ten times faster.
 */
function pieceEncoder(ids: Ids, unknown: number, lowercase: boolean): (text: string) => number[] {
  const remembered = new Map<string, readonly number[]>();
  const encodeChunk = (chunk: string): readonly number[] => {
    const known = remembered.get(chunk);
    if (known) return known;
    if (remembered.size >= REMEMBERED) remembered.clear();
    const found = chunk.split(SPECIAL).flatMap((part) => {
      const special = SPECIAL.test(part) ? ids.get(part) : undefined;
      if (special !== undefined) return [special];
      return bertWords(part, lowercase).flatMap((word) => wordPieces(word, ids) ?? [unknown]);
    });
    remembered.set(chunk, found);
    return found;
  };
  return (text) => text.split(/[ \t\r\n]+/).flatMap(encodeChunk);
}

/** The longest piece that begins the word, the longest that goes on, and so forth; nothing if there is none somewhere. */
function wordPieces(word: string, ids: Ids): number[] | undefined {
  if (word.length > LONGEST_WORD && [...word].length > LONGEST_WORD) return undefined;
  const pieces: number[] = [];
  for (let start = 0, end = word.length; start < word.length; end = word.length) {
    const prefix = start === 0 ? '' : '##';
    while (end > start && !ids.has(prefix + word.slice(start, end))) end--;
    if (end === start) return undefined;
    pieces.push(ids.get(prefix + word.slice(start, end)) as number);
    start = end;
  }
  return pieces;
}
