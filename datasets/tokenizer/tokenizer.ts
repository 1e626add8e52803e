import { UserError } from '../../lib/core/errors';
import type { TokenizerFiles } from '../../lib/export/hugging-face/tokenizer';
import { Encoding, Frame, frameTexts } from './frame';
import { Ids, pieceEncoder } from './piece-encoder';

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
  /** Tokens of the vocabulary that texts are never cut into, beside the usual special pieces; none by default. */
  readonly added?: TokenizerFiles['added'];
}

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
  { lowercase = true, added }: WordPieceOptions = {},
): Tokenizer {
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const [padId, unknown, cls, sep] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((piece) =>
    idOf(piece, ids),
  ) as [number, number, number, number];
  const pieces = pieceEncoder(vocabulary, { lowercase, added, unknown: () => [unknown] });
  const frame: Frame = { before: [cls], between: [sep], after: [sep], pairType: 1 };
  return {
    vocabulary,
    lowercase,
    ...(added && { added }),
    padId,
    encode(text, pair, maxLength) {
      return frameTexts([pieces(text), pair === undefined ? undefined : pieces(pair)], frame, maxLength);
    },
  };
}

function idOf(piece: string, ids: Ids): number {
  const id = ids.get(piece);
  if (id !== undefined) return id;
  throw new UserError(
    `Expected a WordPiece vocabulary with ${piece}, got ${ids.size} pieces without it; give the lines of a BERT's vocab.txt.`,
  );
}
