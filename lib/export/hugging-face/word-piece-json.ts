/** The pieces with a meaning of their own, by what transformers calls them. */
type SpecialPieces = Readonly<Record<`${string}_token`, string>>;

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
 */
export function wordPieceJson(vocabulary: readonly string[], lowercase: boolean): object {
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const special = Object.values(WORD_PIECE_SPECIAL).filter((piece) => ids.has(piece));
  const added = special.map((content) => ({
    id: ids.get(content)!,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.sort((a, b) => a.id - b.id),
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
      vocab: Object.fromEntries(ids),
    },
  };
}

/** `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]` with the second text and its end of type 1. */
function frame(ids: ReadonlyMap<string, number>): object {
  const { cls_token: cls, sep_token: sep } = WORD_PIECE_SPECIAL;
  const piece = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const text = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const single = [piece(cls, 0), text('A', 0), piece(sep, 0)];
  const known = (id: string) => [id, { id, ids: [ids.get(id)], tokens: [id] }] as const;
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, text('B', 1), piece(sep, 1)],
    special_tokens: Object.fromEntries([known(cls), known(sep)]),
  };
}
