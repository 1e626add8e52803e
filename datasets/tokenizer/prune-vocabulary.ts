import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { cutVocabulary, vocabularyRows } from '../../lib/structure/cut-vocabulary';
import { byteLevelCut } from './byte-level-cut';
import type { Tokenizer } from './tokenizer';
import { tokenizerOf } from './tokenizer-of';
import { wordPieceCut } from './word-piece-cut';

/** A model of fewer pieces, and the tokenizer that it reads with. */
export interface PrunedVocabulary {
  /** A new model, the caller's. */
  readonly model: tf.LayersModel;
  /** Saved with the model as `tokenizerFiles`. */
  readonly tokenizer: Tokenizer;
  /** The old ids of the pieces that are left, rising: what was piece `kept[i]` is piece i. */
  readonly kept: readonly number[];
}

/**
 * **Leaves out the pieces of a vocabulary that a corpus does not use**, with their rows of the table of embeddings, which is half of a small
 * model: 52 % of MiniLM. The texts of the corpus are cut into the same pieces as before, under new ids in the old order, and the model
 * computes the same of them, bit for bit. The bias of a masked-language model's head, tied to the table, is cut with it: words that are gone
 * are guessed no more. All other weights, and the model itself, stay as they are; masks come along.
 *
 * What stays beside the corpus's pieces are the special ones, and of WordPiece each single character, with and without `##`; of a
 * byte-level BPE (RoBERTa) the bytes, what pieces are merged of, and the ids up to the padding's, from which positions are counted. So other
 * texts are spelled in shorter pieces, as new to the model as typing errors are: take the texts of training and many more of the kind that it
 * will meet. `[UNK]` is what was `[UNK]` before, as long as every character within a longer piece is a piece itself, as it is in
 * bert-base-uncased's vocabulary and those of `buildVocabulary`.
 *
 * @param model built by `bert` or `maskedLanguageModel`, of floats, with nothing attached but masks: prune the vocabulary first, then quantize.
 * @param tokenizer the model's own, `tokenizerOf(tokenizerFiles)`. Rows behind its last piece are left out.
 * @param corpus texts, such as the lines of a file, read once, one at a time. Of a pair give both.
 * @throws UserError for another model, a tokenizer with more pieces than the model has rows, a corpus without texts, or with something else.
 *
 * @example
 * const { model, tokenizerFiles } = loadHuggingFace('all-MiniLM-L6-v2');
 * const pruned = await pruneVocabulary(model, tokenizerOf(tokenizerFiles), lines);
 * saveHuggingFace(pruned.model, 'smaller', { tokenizerFiles: pruned.tokenizer });
 */
export async function pruneVocabulary(
  model: tf.LayersModel,
  tokenizer: Tokenizer,
  corpus: Iterable<string> | AsyncIterable<string>,
): Promise<PrunedVocabulary> {
  const { rows, pinned } = vocabularyRows(model);
  expectOwn(tokenizer, rows);
  const cut = tokenizer.json ? byteLevelCut(tokenizer.vocabulary, tokenizer.json) : wordPieceCut(tokenizer);
  const used = new Set([...Array.from({ length: pinned }, (_, id) => id), ...cut.always]);
  let texts = 0;
  for await (const text of textsOf(corpus)) {
    expectText(text, texts++);
    for (const id of cut.needed(text)) used.add(id);
  }
  if (texts === 0) throw noTexts();
  const kept = [...used].sort((a, b) => a - b);
  const ids = new Map(kept.map((id, i) => [id, i]));
  return {
    model: cutVocabulary(model, kept),
    tokenizer: tokenizerOf(cut.files({ kept, ids })),
    kept,
  };
}

function expectOwn({ vocabulary }: Tokenizer, rows: number): void {
  if (vocabulary.length <= rows) return;
  throw new UserError(
    `Expected the model's own tokenizer, of at most the ${rows} pieces that the model has rows for, got one of ${vocabulary.length}.`,
  );
}

/** A text is iterable too, but by character. */
function textsOf(corpus: Iterable<string> | AsyncIterable<string>): typeof corpus {
  if (typeof corpus !== 'string') return corpus;
  throw new UserError(`Expected a corpus of several texts, got one text; pass [text].`);
}

function expectText(text: unknown, number: number): void {
  if (typeof text === 'string') return;
  throw new UserError(
    `Expected texts in the corpus, got ${JSON.stringify(text)} as number ${number}; of examples give text and pair, one after the other.`,
  );
}

function noTexts(): UserError {
  return new UserError(
    'Expected a corpus of at least one text, got none: a generator that was read before is empty; for special pieces and single ' +
      "characters alone pass [''].",
  );
}
