import type { HostTensor } from '../../core/host-tensor';
import type { Problem } from '../../models/problem';

/**
 * How far answers are from what a model answered before, summed over examples, in doubles: of classes `KL(softmax(z) ‖ softmax(ẑ))`, of labels the
 * sum of that over each, of numbers `(z − ẑ)² / 2`, which it is for normal distributions of variance 1.
 *
 * @param before z, [batch, outputs].
 * @param after ẑ, as many.
 */
export function answerDivergence(problem: Problem, before: HostTensor, after: HostTensor): number {
  const outputs = before.shape.at(-1)!;
  let total = 0;
  for (let at = 0; at < before.data.length; at += outputs) {
    const [z, other] = [before, after].map(({ data }) => Array.from(data.subarray(at, at + outputs)));
    total += OF[problem](z!, other!);
  }
  return total;
}

type Divergence = (z: readonly number[], other: readonly number[]) => number;

const OF: Readonly<Record<Problem, Divergence>> = {
  'single-label': divergenceOfClasses,
  'multi-label': (z, other) =>
    z.reduce((sum, value, i) => sum + divergenceOfClasses([value, 0], [other[i]!, 0]), 0),
  regression: (z, other) => z.reduce((sum, value, i) => sum + (value - other[i]!) ** 2 / 2, 0),
};

/** Never below 0, where rounding would have it there. */
function divergenceOfClasses(z: readonly number[], other: readonly number[]): number {
  const [p, q] = [logSoftmax(z), logSoftmax(other)];
  return Math.max(
    p.reduce((sum, value, i) => sum + Math.exp(value) * (value - q[i]!), 0),
    0,
  );
}

function logSoftmax(z: readonly number[]): number[] {
  const most = Math.max(...z);
  const log = Math.log(z.reduce((sum, value) => sum + Math.exp(value - most), 0));
  return z.map((value) => value - most - log);
}
