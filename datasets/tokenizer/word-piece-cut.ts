import type { TokenizerFiles } from '../../lib/export/hugging-face/tokenizer';
import { WORD_PIECE_SPECIAL } from '../../lib/export/hugging-face/word-piece-json';
import { pieceEncoder } from './piece-encoder';
import { isCharacter, VocabularyCut } from './vocabulary-cut';

/**
 * Fewer pieces of WordPiece. Of the pieces that begin a rest of a word the longest is taken: with some gone, it is the same one as long
 * as it is there. So the pieces that a text is cut into must stay, and of a word that turns out to be `[UNK]` also those that its
 * beginning was cut into: without them a shorter beginning might find a way through.
 */
export function wordPieceCut({ vocabulary, lowercase, added }: TokenizerFiles): VocabularyCut {
  const unknownId = vocabulary.indexOf(WORD_PIECE_SPECIAL.unk_token);
  const unknown = (beginning: readonly number[]) => [...beginning, unknownId];
  const special = new Set<string>(Object.values(WORD_PIECE_SPECIAL));
  for (const { content } of added ?? []) special.add(content);
  const staysAlways = (piece: string) => special.has(piece) || isCharacter(piece.replace(/^##(?=.)/su, ''));
  return {
    always: vocabulary.flatMap((piece, id) => (staysAlways(piece) ? [id] : [])),
    needed: pieceEncoder(vocabulary, { lowercase, added, unknown }),
    files: ({ kept }) => ({ vocabulary: kept.map((id) => vocabulary[id]!), lowercase, added }),
  };
}
