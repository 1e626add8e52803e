/** Two pieces that a byte-level BPE makes one of: old files have them in one string, with a space between. */
export type Merge = string | readonly [string, string];

/** A `tokenizer.json`, as far as it is read here. */
export interface TokenizerJson {
  /** What cuts words into pieces. */
  readonly model: {
    /** `WordPiece` or `BPE`. */
    readonly type: string;
    /** Ids of the pieces. */
    readonly vocab: Readonly<Record<string, number>>;
    /** Of a BPE, the first ones first. */
    readonly merges?: readonly Merge[];
    /** Of a WordPiece: begins pieces that continue a word; `##` by default. */
    readonly continuing_subword_prefix?: string;
    /** Words of more characters are unknown. Default 100. */
    readonly max_input_chars_per_word?: number;
    /** What stands for words that cannot be spelled. */
    readonly unk_token?: string | null;
  };
  /** How texts are cut. */
  readonly truncation?: {
    /** `Right` at their end, `Left` at their beginning. */
    readonly direction?: string;
  } | null;
  /** How short rows are filled. */
  readonly padding?: {
    /** Id of the piece that fills them. */
    readonly pad_id: number;
    /** `Right` behind the text, `Left` before it. */
    readonly direction?: string;
  } | null;
  /** Pieces that texts are never cut into, such as `[CLS]`. */
  readonly added_tokens?: readonly {
    /** In the same numbering as `vocab`. */
    readonly id: number;
    /** The piece itself. */
    readonly content: string;
    /** Of `AddedToken`. */
    readonly [flag: string]: unknown;
  }[];
  /** What is done to a text first. */
  readonly normalizer?: {
    /** `BertNormalizer` of a WordPiece. */
    readonly type: string;
    /** Default true, as for all of BERT's. */
    readonly lowercase?: boolean;
    /** Where `lowercase` is, by default and for null. */
    readonly strip_accents?: boolean | null;
    /** Sets ideographs apart. Default true. */
    readonly handle_chinese_chars?: boolean;
    /** Drops control characters. Default true. */
    readonly clean_text?: boolean;
  } | null;
  /** What cuts a text into words. */
  readonly pre_tokenizer?: {
    /** `BertPreTokenizer` or `ByteLevel`. */
    readonly type: string;
    /** Of `ByteLevel`: begins a text with a space. */
    readonly add_prefix_space?: boolean;
    /** Of `ByteLevel`: cuts words at all. Default true. */
    readonly use_regex?: boolean;
  } | null;
  /** What puts special pieces around texts. */
  readonly post_processor?: {
    /** `RobertaProcessing` of a byte-level BPE; `TemplateProcessing` or `BertProcessing` of a WordPiece. */
    readonly type: string;
    /** Of `TemplateProcessing`: what stands around a text. */
    readonly single?: readonly object[];
    /** And around two. */
    readonly pair?: readonly object[];
    /** The piece before a text, and its id. */
    readonly cls?: readonly [string, number];
    /** The piece after a text, and its id. */
    readonly sep?: readonly [string, number];
  } | null;
}
