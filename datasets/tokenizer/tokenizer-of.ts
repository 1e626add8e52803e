import type { TokenizerFiles } from '../../lib/export/hugging-face/tokenizer';
import { Tokenizer, wordPiece } from './tokenizer';
import { byteLevel } from './byte-level';

/**
 * The tokenizer of a Hugging Face model: WordPiece of a BERT, DistilBERT or ELECTRA, byte-level BPE of a RoBERTa.
 *
 * @param files as `readTokenizer(folder)` or `loadHuggingFace(folder)` read them.
 * @throws UserError if a special piece is missing.
 *
 * @example
 * const { model, tokenizerFiles } = loadHuggingFace('distilroberta-base', { labels: ['bad', 'good'] });
 * const data = batchSource(examples, tokenizerOf(tokenizerFiles), { batchSize: 32 });
 */
export function tokenizerOf({ vocabulary, lowercase, added, json }: TokenizerFiles): Tokenizer {
  return json ? byteLevel(vocabulary, json) : wordPiece(vocabulary, { lowercase, added });
}
