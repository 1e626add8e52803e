import { UserError } from '../../lib/core/errors';
import { quoted } from '../../lib/core/printable';
import type { Merge, TokenizerJson } from '../../lib/export/hugging-face/tokenizer-json';
import { byteLevel } from './byte-level';
import { isCharacter, LeftPieces, VocabularyCut } from './vocabulary-cut';

/**
 * Fewer pieces of a byte-level BPE. Of the merges that are possible in a word the first that was learned is made: with some gone, it is
 * the same one as long as it is there. So a piece that a text is cut into stays with all that it is merged of; bytes spell everything else.
 *
 * @throws UserError for a merge whose result is no piece.
 */
export function byteLevelCut(vocabulary: readonly string[], json: TokenizerJson): VocabularyCut {
  const tokenizer = byteLevel(vocabulary, json);
  const partsOf = partFinder(json);
  const added = (json.added_tokens ?? []).map(({ id }) => id);
  const bytes = vocabulary.flatMap((piece, id) => (isCharacter(piece) ? [id] : []));
  return {
    always: [...added, ...bytes],
    needed: (text) => tokenizer.encode(text, undefined, Infinity).ids.flatMap(partsOf),
    files: (left) => ({
      vocabulary: left.kept.map((id) => vocabulary[id]!),
      lowercase: false,
      json: smallerJson(json, left),
    }),
  };
}

/** Finds all that a piece is merged of, itself too. */
function partFinder({ model }: TokenizerJson): (id: number) => readonly number[] {
  const pairs = pairsOf(model);
  const known = new Map<number, readonly number[]>();
  const partsOf = (id: number): readonly number[] => {
    const found = known.get(id) ?? [id, ...(pairs.get(id) ?? []).flatMap(partsOf)];
    known.set(id, found);
    return found;
  };
  return partsOf;
}

/** The ids that a piece may be merged of, by its own. */
function pairsOf({ vocab, merges = [] }: TokenizerJson['model']): Map<number, number[]> {
  const pairs = new Map<number, number[]>();
  for (const merge of merges) {
    const pieces = [mergedOf(merge), ...partsIn(merge)];
    const [merged, left, right] = pieces.map((piece) => vocab[piece] ?? unknownPiece(piece, merge));
    pairs.set(merged!, [...(pairs.get(merged!) ?? []), left!, right!]);
  }
  return pairs;
}

const partsIn = (merge: Merge): readonly [string, string] =>
  typeof merge === 'string' ? (merge.split(' ') as [string, string]) : merge;

const mergedOf = (merge: Merge): string => partsIn(merge).join('');

function unknownPiece(piece: string, merge: Merge): never {
  throw new UserError(
    `Expected the pieces of every merge in the vocabulary of tokenizer.json, got ${quoted(merge)} without ` +
      `${quoted(piece)}; its vocabulary cannot be pruned.`,
  );
}

/** `tokenizer.json` with the pieces that are left, and the merges that make them, under their new ids. */
function smallerJson(json: TokenizerJson, { ids }: LeftPieces): TokenizerJson {
  const { vocab, merges = [] } = json.model;
  const isLeft = (piece: string) => ids.has(vocab[piece]!);
  const entries = Object.entries(vocab).flatMap(([piece, id]) =>
    ids.has(id) ? [[piece, ids.get(id)!]] : [],
  );
  const renumbered = ([piece, id]: readonly [string, number]) => [piece, ids.get(id)!] as const;
  const { post_processor: frame, padding } = json;
  return {
    ...json,
    ...(padding && { padding: { ...padding, pad_id: ids.get(padding.pad_id)! } }),
    added_tokens: (json.added_tokens ?? []).map((token) => ({ ...token, id: ids.get(token.id)! })),
    post_processor: frame && {
      ...frame,
      ...(frame.cls && { cls: renumbered(frame.cls) }),
      ...(frame.sep && { sep: renumbered(frame.sep) }),
    },
    model: {
      ...json.model,
      vocab: Object.fromEntries(entries) as Record<string, number>,
      merges: merges.filter((merge) => [mergedOf(merge), ...partsIn(merge)].every(isLeft)),
    },
  };
}
