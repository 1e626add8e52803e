import { UserError } from '../lib/core/errors';
import { hostTensor } from '../lib/core/host-tensor';
import { seededRandom } from '../lib/core/random';
import { type Batch, type BatchSource, expectBatchSize } from './batch';
import { MaskedSequence, MaskPieces, maskWords } from './mask-words';
import { epochOrder } from './order';
import type { Tokenizer } from './tokenizer/tokenizer';

/** Options of {@link maskedLanguageSource}. */
export interface MaskedLanguageOptions {
  /** Sequences of a batch; the last of an epoch has what is left. */
  readonly batchSize: number;
  /** Share of the pieces that are hidden, in (0, 1); 0.15 by default. */
  readonly rate?: number;
  /** Of the order of the sequences, and of what is hidden; 0 by default. */
  readonly seed?: number;
  /** Another order, and other words hidden, in each epoch; true by default. Leave it off for sequences to evaluate on. */
  readonly shuffle?: boolean;
}

/** A label that is none: the slot is not used. */
export const NOTHING = -1;

/**
 * Sequences to learn from: the pieces of consecutive lines, cut where `maxLength` is full and framed by `[CLS]` and `[SEP]`, so that
 * hardly a place is padding (as in RoBERTa, Liu et al. 2019, arXiv:1907.11692, "full sentences"). Empty lines say nothing.
 *
 * @param maxLength pieces of a sequence, frame included.
 * @throws UserError for a text without a piece.
 */
export function packLines(lines: Iterable<string>, tokenizer: Tokenizer, maxLength: number): Int32Array[] {
  const [cls, sep] = tokenizer.encode('', undefined, 2).ids as [number, number];
  const sequences: Int32Array[] = [];
  let open: number[] = [cls];
  const close = (): void => {
    if (open.length > 1) sequences.push(Int32Array.from([...open, sep]));
    open = [cls];
  };
  for (const line of lines) {
    for (const piece of tokenizer.encode(line, undefined, Infinity).ids.slice(1, -1)) {
      open.push(piece);
      if (open.length === maxLength - 1) close();
    }
  }
  close();
  if (sequences.length === 0) throw new UserError('Expected a text to learn from, got no words.');
  return sequences;
}

/**
 * Batches for `maskedLanguageModel`: xs are token ids with words hidden, attention mask and token types, each int32 [batch, time], and the
 * places to predict, int32 [batch, slots]; ys the pieces that were there, int32 [batch, slots], -1 in slots that are not used.
 *
 * What is hidden is a function of (seed, epoch, sequence), as is the order: training resumes exactly.
 *
 * @throws UserError for a vocabulary without `[MASK]`, a rate outside (0, 1), or a batchSize that is no whole number from 1.
 *
 * @example
 * const sequences = packLines(lines, tokenizer, 128);
 * const data = maskedLanguageSource(sequences, tokenizer, { batchSize: 32, seed: 1 });
 */
export function maskedLanguageSource(
  sequences: readonly Int32Array[],
  tokenizer: Tokenizer,
  { batchSize, rate = 0.15, seed = 0, shuffle = true }: MaskedLanguageOptions,
): BatchSource {
  expectBatchSize(batchSize);
  if (!(rate > 0 && rate < 1))
    throw new UserError(`Expected a share of pieces to hide above 0 and below 1, got ${rate}.`);
  const pieces = maskPieces(tokenizer);
  const batchesPerEpoch = Math.ceil(sequences.length / batchSize);
  const time = sequences.reduce((longest, { length }) => Math.max(longest, length), 0);
  const shape = { padId: tokenizer.padId, time, slots: slotsOf(time, rate) };
  const hide = (row: number, epoch: number): MaskedSequence => {
    const ids = sequences[row]!;
    return maskWords(
      ids,
      pieces,
      slotsOf(ids.length, rate),
      seededRandom(seed, 'mask', `${epoch}`, `${row}`),
    );
  };
  return {
    examples: sequences.length,
    batchesPerEpoch,
    async *epoch(epoch, from = 0) {
      const order = epochOrder(sequences.length, shuffle ? { seed, epoch } : undefined);
      for (let batch = from; batch < batchesPerEpoch; batch++) {
        const rows = order.subarray(batch * batchSize, (batch + 1) * batchSize);
        const masked = Array.from(rows, (row) => hide(row, shuffle ? epoch : 0));
        yield makeBatch(masked, shape);
      }
    },
  };
}

/** How many of a sequence's places are predicted: its frame does not count. */
const slotsOf = (length: number, rate: number): number => Math.max(1, Math.round(rate * (length - 2)));

function maskPieces({ vocabulary }: Tokenizer): MaskPieces {
  const maskId = vocabulary.indexOf('[MASK]');
  if (maskId < 0)
    throw new UserError('Expected a WordPiece vocabulary with [MASK] to hide words with, got one without.');
  const ids = vocabulary.map((_, id) => id);
  const special = new Set(ids.filter((id) => /^\[(PAD|UNK|CLS|SEP|MASK|unused\d+)\]$/.test(vocabulary[id]!)));
  const frame = new Set(['[PAD]', '[CLS]', '[SEP]'].map((piece) => vocabulary.indexOf(piece)));
  return {
    maskId,
    continues: (id) => vocabulary[id]!.startsWith('##'),
    isSpecial: (id) => frame.has(id),
    ordinary: Int32Array.from(ids.filter((id) => !special.has(id))),
  };
}

/** How all batches are shaped alike, so that they run one program. */
interface BatchShape {
  readonly padId: number;
  readonly time: number;
  readonly slots: number;
}

function makeBatch(masked: readonly MaskedSequence[], { padId, time, slots }: BatchShape): Batch {
  const size = masked.length;
  const [inputIds, attention, types] = [padId, 0, 0].map((fill) => new Int32Array(size * time).fill(fill));
  const [positions, labels] = [0, NOTHING].map((fill) => new Int32Array(size * slots).fill(fill));
  masked.forEach((row, i) => {
    inputIds!.set(row.ids, i * time);
    attention!.fill(1, i * time, i * time + row.ids.length);
    positions!.set(row.positions, i * slots);
    labels!.set(row.hidden, i * slots);
  });
  const xs = [inputIds!, attention!, types!].map((data) => hostTensor(data, [size, time]));
  return { xs: [...xs, hostTensor(positions!, [size, slots])], ys: hostTensor(labels!, [size, slots]), size };
}
