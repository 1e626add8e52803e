import { UserError } from '../../lib/core/errors';
import { bertWords } from './words';
import { learnPieces } from './vocabulary-pieces';

/** Options of {@link buildVocabulary}. */
export interface BuildVocabularyOptions {
  /** Pieces at most, special ones and single characters included. There are fewer where the texts have nothing left to merge. */
  readonly size: number;
  /** As for {@link wordPiece}: lowercase texts and strip their accents; true by default. */
  readonly lowercase?: boolean;
}

/** The pieces that every BERT vocabulary has, in their usual order. */
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/**
 * A WordPiece vocabulary made from texts, for a model that is trained from scratch: `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]`, every
 * character of the texts, and the pieces that arise when the most frequent pair of neighbouring pieces is merged again and again
 * (Sennrich et al. 2016; `##` marks a piece that continues a word). It encodes its texts without `[UNK]`, except in words of more
 * than 100 characters.
 *
 * The same as Python's `WordPieceTrainer`, except that this one is deterministic: of equally frequent pairs the one whose pieces
 * are first in the vocabulary is merged, and characters stand in it by code point, first those that begin words.
 *
 * @throws UserError if the characters alone are more than `size`.
 *
 * @example
 * const vocabulary = buildVocabulary(lines, { size: 8000 });
 * const tokenizer = wordPiece(vocabulary);
 */
export function buildVocabulary(
  texts: Iterable<string>,
  { size, lowercase = true }: BuildVocabularyOptions,
): string[] {
  const words = countWords(texts, lowercase);
  const first = [...SPECIAL, ...alphabetOf(words.keys())];
  if (size >= first.length) return learnPieces(words, first, size);
  throw new UserError(
    `Expected a size of at least ${first.length}, as many as there are characters and special pieces in the texts, got ${size}.`,
  );
}

/** How often each word comes. */
export function countWords(texts: Iterable<string>, lowercase: boolean): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of bertWords(text, lowercase)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** Every character as a piece that begins a word, then those that continue one. */
function alphabetOf(words: Iterable<string>): string[] {
  const [all, inner] = [new Set<string>(), new Set<string>()];
  for (const word of words) {
    [...word].forEach((character, i) => {
      all.add(character);
      if (i > 0) inner.add(character);
    });
  }
  return [...byCodePoint(all), ...byCodePoint(inner).map((character) => `##${character}`)];
}

function byCodePoint(characters: Iterable<string>): string[] {
  return [...characters].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
}
