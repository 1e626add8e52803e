import { bertWords } from './words';

/** Numbers of pieces. */
export type Ids = ReadonlyMap<string, number>;

/** Chunks whose pieces are remembered: texts repeat their words, and few tasks have more. */
const REMEMBERED = 200_000;

/** Words of more characters than this are unknown. */
const LONGEST_WORD = 100;

/** In a text, these stand for themselves. */
const SPECIAL = /(\[(?:PAD|UNK|CLS|SEP|MASK)\])/;

/** Options of {@link pieceEncoder}. */
export interface PieceEncoderOptions {
  readonly lowercase: boolean;
  /** What stands for a word that cannot be spelled, by the pieces that its beginning was spelled in before there was none. */
  readonly unknown: (beginning: readonly number[]) => readonly number[];
}

/**
 * The piece numbers of a text, without `[CLS]` and `[SEP]`. Every step of the tokenizer works within what stands between two
 * spaces, so each such chunk is encoded once and remembered: ten times faster.
 */
export function pieceEncoder(
  ids: Ids,
  { lowercase, unknown }: PieceEncoderOptions,
): (text: string) => number[] {
  const remembered = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    const { pieces, isWhole } = longestPieces(word, ids);
    return isWhole ? pieces : unknown(pieces);
  };
  const encodeChunk = (chunk: string): readonly number[] => {
    const known = remembered.get(chunk);
    if (known) return known;
    if (remembered.size >= REMEMBERED) remembered.clear();
    const found = chunk.split(SPECIAL).flatMap((part) => {
      const special = SPECIAL.test(part) ? ids.get(part) : undefined;
      return special === undefined ? bertWords(part, lowercase).flatMap(encodeWord) : [special];
    });
    remembered.set(chunk, found);
    return found;
  };
  return (text) => text.split(/[ \t\r\n]+/).flatMap(encodeChunk);
}

interface Spelled {
  readonly pieces: readonly number[];
  /** Whether they are all of the word. */
  readonly isWhole: boolean;
}

/** The longest piece that begins the word, the longest that goes on, and so forth, until there is none. */
function longestPieces(word: string, ids: Ids): Spelled {
  if (word.length > LONGEST_WORD && [...word].length > LONGEST_WORD) return { pieces: [], isWhole: false };
  const pieces: number[] = [];
  for (let start = 0, end = word.length; start < word.length; end = word.length) {
    const prefix = start === 0 ? '' : '##';
    while (end > start && !ids.has(prefix + word.slice(start, end))) end--;
    if (end === start) return { pieces, isWhole: false };
    pieces.push(ids.get(prefix + word.slice(start, end)) as number);
    start = end;
  }
  return { pieces, isWhole: true };
}
