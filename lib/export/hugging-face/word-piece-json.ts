import { AddedToken, NumberedToken, plainToken, specialToken, WordPieceToken } from './added-token';

/** The pieces with a meaning of their own, by what transformers calls them. */
export type SpecialPieces = Readonly<Record<`${string}_token`, string>>;

/** Those of a WordPiece vocabulary. */
export const WORD_PIECE_SPECIAL = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
} satisfies SpecialPieces;

/** Those of RoBERTa's byte-level BPE. */
export const BPE_SPECIAL = {
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  sep_token: '</s>',
  pad_token: '<pad>',
  cls_token: '<s>',
  mask_token: '<mask>',
} satisfies SpecialPieces;

/**
 * What `tokenizer.json` says of a BERT's WordPiece tokenizer, as Python's `tokenizers` writes it: all that transformers.js and the
 * fast tokenizers of transformers read.
 *
 * @param vocabulary the pieces, in the order of their ids.
 * @param lowercase whether texts are lowercased and stripped of accents first.
 * @param added tokens beside the special ones.
 */
export function wordPieceJson(
  vocabulary: readonly string[],
  lowercase: boolean,
  added: readonly WordPieceToken[] = [],
): object {
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const pieces = new Map(ids);
  for (const { content, isPiece } of added) if (!isPiece) pieces.delete(content);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: numberedTokens(ids, added),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: frame(ids),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: WORD_PIECE_SPECIAL.unk_token,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces),
    },
  };
}

/**
 * The special and added tokens that a vocabulary has, in the order of their ids: the special ones stand for themselves unless they are
 * among those that were added.
 *
 * @param ids of the vocabulary.
 */
export function numberedTokens(
  ids: ReadonlyMap<string, number>,
  added: readonly AddedToken[],
): readonly NumberedToken[] {
  const special = Object.values(WORD_PIECE_SPECIAL).map(specialToken);
  const tokens = new Map([...special, ...added].map((token) => [token.content, token]));
  const numbered = [...tokens.values()].flatMap((token) => {
    const id = ids.get(token.content);
    return id === undefined ? [] : [{ id, ...plainToken(token) }];
  });
  return numbered.sort((a, b) => a.id - b.id);
}

const piece = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
const text = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
const { cls_token: CLS, sep_token: SEP } = WORD_PIECE_SPECIAL;
const ONE_TEXT = [piece(CLS, 0), text('A', 0), piece(SEP, 0)];

/** `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]` with the second text and its end of type 1. */
export const BERT_FRAME = { single: ONE_TEXT, pair: [...ONE_TEXT, text('B', 1), piece(SEP, 1)] };

function frame(ids: ReadonlyMap<string, number>): object {
  const known = (id: string) => [id, { id, ids: [ids.get(id)], tokens: [id] }] as const;
  const special_tokens = Object.fromEntries([known(CLS), known(SEP)]);
  return { type: 'TemplateProcessing', ...BERT_FRAME, special_tokens };
}
