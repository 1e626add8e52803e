import { ByteLevelPreTokenizer, Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { UserError } from '../../lib/core/errors';
import { parseToken } from '../../lib/export/hugging-face/added-token';
import { quoted } from '../../lib/core/printable';
import type { TokenizerJson } from '../../lib/export/hugging-face/tokenizer-json';
import type { Tokenizer } from './tokenizer';
import { addedTokenSplitter, Part } from './added-tokens';
import { Frame, frameTexts } from './frame';

/** GPT-2's pattern of a word, with Rust's white space: JavaScript's `\s` has U+FEFF and lacks U+0085. */
const SPACE = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const WORD = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`,
  'gu',
);

/**
 * The byte-level BPE tokenizer of GPT-2 (Radford et al. 2019) as RoBERTa uses it: a word begins with its space, is written as
 * UTF-8 bytes, and pairs of pieces are merged in the order in which they were learned. Ids equal those of transformers'
 * `RobertaTokenizer`, as long as Node and Python have the same Unicode: what is a letter grows with each version.
 *
 * @param vocabulary the pieces, in the order of their ids.
 * @param json the `tokenizer.json`, which also says the frame, `<s> text </s></s> pair </s>`, all of token type 0.
 * @throws UserError for a frame of another kind, or no `<pad>`.
 */
export function byteLevel(vocabulary: readonly string[], json: TokenizerJson): Tokenizer {
  const pieces = piecesFinder(json);
  const [padId, frame] = [padOf(vocabulary), frameOf(json, vocabulary)];
  return {
    vocabulary,
    lowercase: false,
    json,
    padId,
    encode(text, pair, maxLength) {
      return frameTexts([pieces(text), pair === undefined ? undefined : pieces(pair)], frame, maxLength);
    },
  };
}

/** What is between added tokens is cut by the package, which does not know all of their flags. */
function piecesFinder(json: TokenizerJson): (text: string) => number[] {
  const tokenizer = opened({ ...json, added_tokens: [], decoder: null } as TokenizerJson);
  if (tokenizer.pre_tokenizer instanceof ByteLevelPreTokenizer) tokenizer.pre_tokenizer.pattern = WORD;
  const added = (json.added_tokens ?? []).map((written) => ({ ...parseToken(written)!, id: written.id }));
  const split = addedTokenSplitter(added, (text) => text);
  const encodePart = (part: Part) =>
    typeof part === 'number' ? [part] : tokenizer.encode(part, { add_special_tokens: false }).ids;
  return (text) => split(text).flatMap(encodePart);
}

function opened(json: TokenizerJson): HuggingFaceTokenizer {
  try {
    const tokenizer = new HuggingFaceTokenizer(json, {});
    tokenizer.encode('a', { add_special_tokens: false });
    return tokenizer;
  } catch (error) {
    throw new UserError(
      `Expected a byte-level BPE in tokenizer.json, but ${quoted((error as Error).message)}; download or save the model again.`,
      { cause: error },
    );
  }
}

function padOf(vocabulary: readonly string[]): number {
  const id = vocabulary.indexOf('<pad>');
  if (id >= 0) return id;
  throw new UserError(`Expected <pad> among the ${vocabulary.length} pieces of tokenizer.json, got none.`);
}

function frameOf({ post_processor }: TokenizerJson, { length }: readonly string[]): Frame {
  const { type, cls: before, sep: after } = post_processor ?? {};
  const [cls, sep] = [before?.[1], after?.[1]];
  if (type === 'RobertaProcessing' && isBelow(cls, length) && isBelow(sep, length)) {
    return { before: [cls], between: [sep, sep], after: [sep], pairType: 0 };
  }
  throw new UserError(
    `Expected RobertaProcessing with cls and sep of the vocabulary as post_processor of tokenizer.json, got ${quoted(post_processor)}; ` +
      'choose a model of the RoBERTa family.',
  );
}

const isBelow = (id: number | undefined, count: number): id is number => id !== undefined && id < count;
