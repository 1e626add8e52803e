import type { Batch, BatchSource } from './batch';

/** The first batches of a source's epoch 0: so many that they hold that many examples, or all. */
export async function firstBatches(source: BatchSource, examples: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  let found = 0;
  for await (const batch of source.epoch(0)) {
    batches.push(batch);
    found += batch.size;
    if (found >= examples) break;
  }
  return batches;
}

/** Batches as a source whose epochs are all the same. */
export function sourceOf(batches: readonly Batch[]): BatchSource {
  return {
    batchesPerEpoch: batches.length,
    examples: batches.reduce((sum, { size }) => sum + size, 0),
    async *epoch(_, from = 0) {
      yield* batches.slice(from);
    },
  };
}
