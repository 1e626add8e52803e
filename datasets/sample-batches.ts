import type { Batch, BatchSource } from './batch';

/**
 * Examples of a source to measure on: to calibrate with, to score weights, heads and neurons by, to fit on. Each of them is as likely as any
 * other, where the source can tell (`BatchSource.sample`); else they are the first batches.
 *
 * @param examples so many, or all that there are; where they are first batches, in whole ones.
 *
 * @example
 * const batches = await sampleBatches(batchSource(train, tokenizer, { batchSize: 32 }), 2048);
 */
export async function sampleBatches(source: BatchSource, examples: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  let found = 0;
  for await (const batch of source.sample?.(examples) ?? source.epoch(0)) {
    if (found >= examples) break;
    batches.push(batch);
    found += batch.size;
  }
  return batches;
}
