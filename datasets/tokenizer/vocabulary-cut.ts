import type { TokenizerFiles } from '../../lib/export/hugging-face/tokenizer';

/** How a kind of tokenizer gets on with fewer pieces, and still cuts the same texts into the same ones. */
export interface VocabularyCut {
  /** Ids that stay whatever the texts: special pieces, and those without which some text could not be spelled any more. */
  readonly always: readonly number[];
  /** Ids that must stay for a text to be cut as it is. */
  needed(text: string): Iterable<number>;
  /** The files of a tokenizer with those pieces alone. */
  files(left: LeftPieces): TokenizerFiles;
}

/** Pieces that are left. */
export interface LeftPieces {
  /** Their old ids, rising: the new id of each is its place here. */
  readonly kept: readonly number[];
  /** The new ids, by the old ones. */
  readonly ids: ReadonlyMap<number, number>;
}

/** A piece that is one character. */
export const isCharacter = (piece: string): boolean => /^.$/su.test(piece);
