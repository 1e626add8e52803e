import { permutation, Random } from '../lib/core/random';

/** What masking needs to know of a vocabulary. */
export interface MaskPieces {
  /** The number of `[MASK]`. */
  readonly maskId: number;
  /** Whether a piece goes on with the word of the piece before it (`##ing`). */
  continues(id: number): boolean;
  /** Whether a piece is no text: `[CLS]`, `[SEP]`, `[PAD]`. */
  isSpecial(id: number): boolean;
  /** Pieces of text, to put in another's place. */
  readonly ordinary: Int32Array;
}

/** A sequence in which some words are hidden, and what stood there. */
export interface MaskedSequence {
  readonly ids: Int32Array;
  /** Places of hidden pieces, ascending. */
  readonly positions: readonly number[];
  /** The pieces that were there. */
  readonly hidden: readonly number[];
}

/** Shares of hidden pieces that become `[MASK]`, and that become `[MASK]` or another piece; the rest stays as it is. */
const MASKED = 0.8;
const MASKED_OR_SWAPPED = 0.9;

/**
 * Hides whole words, drawn at random, as long as no more than `count` pieces are hidden: of their pieces 80 % become `[MASK]`, 10 %
 * another piece, 10 % stay (Devlin et al. 2018, arXiv:1810.04805; "whole word masking" of their later release: all pieces of a
 * word or none, or the rest would give it away).
 *
 * @param ids a sequence with its frame, [time].
 */
export function maskWords(
  ids: Int32Array,
  pieces: MaskPieces,
  count: number,
  random: Random,
): MaskedSequence {
  const words = wordsOf(ids, pieces);
  const positions: number[] = [];
  for (const word of permutation(words.length, random)) {
    const places = words[word]!;
    if (positions.length + places.length <= count) positions.push(...places);
  }
  positions.sort((a, b) => a - b);
  const masked = ids.slice();
  for (const position of positions) masked[position] = replace(ids[position]!, pieces, random);
  return { ids: masked, positions, hidden: positions.map((position) => ids[position]!) };
}

/** The places of each word's pieces. */
function wordsOf(ids: Int32Array, pieces: MaskPieces): number[][] {
  const words: number[][] = [];
  ids.forEach((id, place) => {
    if (pieces.isSpecial(id)) return;
    const before = words.at(-1);
    if (pieces.continues(id) && before?.at(-1) === place - 1) before.push(place);
    else words.push([place]);
  });
  return words;
}

function replace(id: number, { maskId, ordinary }: MaskPieces, random: Random): number {
  const draw = random();
  if (draw < MASKED) return maskId;
  return draw < MASKED_OR_SWAPPED ? ordinary[Math.floor(random() * ordinary.length)]! : id;
}
