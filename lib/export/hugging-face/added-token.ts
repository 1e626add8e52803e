/** A token that texts are never cut into: it is found in a text before the text is cut into words. Keys are those of `tokenizer.json`. */
export interface AddedToken {
  /** What is found. */
  readonly content: string;
  /** Only where no letter, digit or underscore stands beside it. */
  readonly single_word: boolean;
  /** With the spaces before it. */
  readonly lstrip: boolean;
  /** With the spaces after it. */
  readonly rstrip: boolean;
  /** Found in the text as the normalizer leaves it, lowercased for one, and itself normalized; as it is written otherwise. */
  readonly normalized: boolean;
  /** Left out of texts that are decoded. */
  readonly special: boolean;
}

/** A special one, as `[CLS]` is, found as it is written wherever it stands. */
export const specialToken = (content: string): AddedToken => ({
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** An added token and its piece number. */
export type NumberedToken = AddedToken & { readonly id: number };

/** What files hold of a token. */
export const plainToken = ({
  content,
  single_word,
  lstrip,
  rstrip,
  normalized,
  special,
}: AddedToken): AddedToken => ({ content, single_word, lstrip, rstrip, normalized, special });

/** An added token of a WordPiece tokenizer. */
export type WordPieceToken = AddedToken & {
  /** Whether words are cut into it, too: it stands in `vocab.txt`. */
  readonly isPiece: boolean;
};

/** Characters of an added token at most: all that a text may have of them is one regular expression, whose parts V8 bounds. */
export const LONGEST_TOKEN = 1000;

/**
 * A token as files write it: its content alone, which is a special one, or an object.
 *
 * @returns nothing for something else, or a content that is empty or longer than `LONGEST_TOKEN`.
 */
export function parseToken(written: unknown): AddedToken | undefined {
  if (typeof written === 'string') return isContent(written) ? specialToken(written) : undefined;
  if (typeof written !== 'object' || written === null) return undefined;
  const { content, special = true, normalized = !special, ...flags } = written as Partial<AddedToken>;
  if (!isContent(content)) return undefined;
  const { single_word = false, lstrip = false, rstrip = false } = flags;
  const all = { single_word, lstrip, rstrip, normalized, special };
  return Object.values(all).every((flag) => typeof flag === 'boolean') ? { content, ...all } : undefined;
}

const isContent = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_TOKEN;
