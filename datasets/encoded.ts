import type { Texts } from './dataset';
import type { Tokenizer } from './tokenizer/tokenizer';

/** An example's pieces, packed. */
export interface Encoded {
  readonly ids: Int32Array;
  readonly typeIds: Uint8Array;
}

/** The pieces of an example, at most `maxLength` of them. */
export function encodeExample({ text, pair }: Texts, tokenizer: Tokenizer, maxLength: number): Encoded {
  const { ids, typeIds } = tokenizer.encode(text, pair, maxLength);
  return { ids: Int32Array.from(ids), typeIds: Uint8Array.from(typeIds) };
}
