import { UserError } from '../../lib/core/errors';
import type { Batch } from '../../datasets/batch';
import { maskedLanguageSource, NOTHING, packLines } from '../../datasets/masked-language';
import { wordPiece } from '../../datasets/tokenizer/tokenizer';

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', 'c', '##d'];
const tokenizer = wordPiece(VOCABULARY);

describe('packLines', () => {
  const packed = (lines: string[], maxLength: number) =>
    packLines(lines, tokenizer, maxLength).map((ids) => Array.from(ids, (id) => VOCABULARY[id]).join(' '));

  it('fills sequences with lines, and frames them', () => {
    expect(packed(['a b', '', 'c', 'ad a'], 5)).toEqual(['[CLS] a b c [SEP]', '[CLS] a ##d a [SEP]']);
  });

  it('leaves the last one shorter', () =>
    expect(packed(['a b c'], 4)).toEqual(['[CLS] a b [SEP]', '[CLS] c [SEP]']));

  it('refuses a text without words', () => expect(() => packed(['', ' '], 4)).toThrow(UserError));
});

async function batches(epoch: number, from = 0, shuffle = true): Promise<Batch[]> {
  const lines = ['a b c a b c a b', 'ad bd cd ad bd', 'c b a c'];
  const source = maskedLanguageSource(packLines(lines, tokenizer, 10), tokenizer, {
    batchSize: 2,
    rate: 0.3,
    shuffle,
  });
  const found: Batch[] = [];
  for await (const batch of source.epoch(epoch, from)) found.push(batch);
  return found;
}

describe('maskedLanguageSource', () => {
  it('gives ids, mask, types and places, and the hidden pieces as labels', async () => {
    for (const { xs, ys, size } of await batches(0)) {
      const [ids, attention, types, positions] = xs;
      const slots = positions!.shape[1]!;
      expect([ids!.shape, attention!.shape, types!.shape]).toEqual([
        [size, 10],
        [size, 10],
        [size, 10],
      ]);
      expect(ys.shape).toEqual([size, slots]);
      expect(slots).toBe(2); // 0.3 of 8
      expect([...types!.data].every((type) => type === 0)).toBe(true);
      const used = [...ys.data].filter((label) => label !== NOTHING);
      expect(used.length).toBeGreaterThan(0);
      expect(used.every((label) => label > 4)).toBe(true);
    }
  });

  it('is a function of seed and epoch, and goes on where it stopped', async () => {
    expect(await batches(3)).toEqual(await batches(3));
    expect((await batches(3)).slice(1)).toEqual(await batches(3, 1));
    expect(await batches(3)).not.toEqual(await batches(4));
  });

  it('hides the same words each time where nothing is shuffled', async () => {
    expect(await batches(0, 0, false)).toEqual(await batches(1, 0, false));
  });

  it('refuses a rate of 1 and a vocabulary without [MASK]', () => {
    const sequences = packLines(['a'], tokenizer, 4);
    expect(() => maskedLanguageSource(sequences, tokenizer, { batchSize: 1, rate: 1 })).toThrow(UserError);
    const without = wordPiece(VOCABULARY.filter((piece) => piece !== '[MASK]'));
    expect(() => maskedLanguageSource(sequences, without, { batchSize: 1 })).toThrow('[MASK]');
  });
});
