import type { UnlabelledBatches } from './importance';

/** The first so many examples, in whole batches. */
export function firstExamples(batches: UnlabelledBatches, most: number): UnlabelledBatches {
  let count = 0;
  return batches.filter(([xs]) => {
    const isWanted = count < most;
    count += xs!.shape[0]!;
    return isWanted;
  });
}
