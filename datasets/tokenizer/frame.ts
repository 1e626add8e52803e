import { UserError } from '../../lib/core/errors';

/** One example as a model reads it; for a BERT `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]`. */
export interface Encoding {
  /** Piece numbers. */
  readonly ids: number[];
  /** 0 for the first text and its frame, 1 for the second; 0 for both in a RoBERTa. */
  readonly typeIds: number[];
}

/** The special pieces that a model expects around texts. */
export interface Frame {
  readonly before: readonly number[];
  /** Between two texts; like `before`, of token type 0. */
  readonly between: readonly number[];
  readonly after: readonly number[];
  /** Token type of the second text, and of what comes after it. */
  readonly pairType: 0 | 1;
}

/**
 * Frames the pieces of one or two texts, of which as many as fit into `maxLength` with the frame are kept, longest first.
 *
 * @throws UserError if the frame alone does not fit.
 */
export function frameTexts(
  texts: readonly [readonly number[], (readonly number[])?],
  { before, between, after, pairType }: Frame,
  maxLength: number,
): Encoding {
  const paired = texts[1] !== undefined;
  const special = before.length + after.length + (paired ? between.length : 0);
  if (maxLength < special) {
    throw new UserError(
      `Expected a maxLength of at least the ${special} special pieces of ${paired ? 'two texts' : 'a text'}, got ${maxLength}.`,
    );
  }
  const [first, second] = truncate(texts, maxLength - special);
  const head = [...before, ...first, ...(second ? between : after)];
  const tail = second ? [...second, ...after] : [];
  const typeIds = new Array<number>(head.length + tail.length).fill(0);
  return { ids: [...head, ...tail], typeIds: typeIds.fill(pairType, head.length) };
}

type Pieces = readonly number[];

/** The beginnings of one or two texts that fit into `room` pieces together. Where both lose some, the longer keeps the odd one. */
function truncate([first, second]: readonly [Pieces, Pieces?], room: number): readonly [Pieces, Pieces?] {
  if (!second) return [first.slice(0, room)];
  const shorter = Math.min(first.length, second.length, Math.floor(room / 2));
  const longer = room - shorter;
  return first.length > second.length
    ? [first.slice(0, longer), second.slice(0, shorter)]
    : [first.slice(0, shorter), second.slice(0, longer)];
}
