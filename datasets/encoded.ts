import type { Texts } from './dataset';
import type { Tokenizer } from './tokenizer/tokenizer';

/** An example's pieces, packed. */
export interface Encoded {
  /** Of the pieces in the vocabulary, special ones such as `[CLS]` included, without padding. */
  readonly ids: Int32Array;
  /** Token type of each piece: as {@link Encoding} has them. */
  readonly typeIds: Uint8Array;
}

/** The pieces of an example, at most `maxLength` of them. */
export function encodeExample({ text, pair }: Texts, tokenizer: Tokenizer, maxLength: number): Encoded {
  const { ids, typeIds } = tokenizer.encode(text, pair, maxLength);
  return { ids: Int32Array.from(ids), typeIds: Uint8Array.from(typeIds) };
}
