import { prunedCount } from '../distribution';
import { cutAt } from '../select';

/** Scores that a quantile is estimated from: with 20 000 the share below it has a standard error of at most 0.35 points. */
const SAMPLE = 20_000;

/**
 * The key (`sortKey`) of the score below which a share of all scores lies: exact for at most 20 000 of them, of more an estimate by one in so many,
 * which is always the same one.
 *
 * @param share fraction in [0, 1].
 */
export function quantileKey(all: readonly Float32Array[], share: number): number {
  const total = all.reduce((sum, { length }) => sum + length, 0);
  const stride = Math.floor(total / SAMPLE) | 1; // odd, for a divisor of the rows would sample but some columns
  const sample = Float32Array.from(all.flatMap((scores) => everyNth(scores, stride)));
  const below = Math.min(prunedCount(share, sample.length), sample.length - 1);
  return cutAt([sample], below + 1).key;
}

function everyNth(scores: Float32Array, n: number): number[] {
  const taken: number[] = [];
  for (let i = 0; i < scores.length; i += n) taken.push(scores[i]!);
  return taken;
}
