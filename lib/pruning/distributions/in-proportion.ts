/** One of those who share. */
export interface Part {
  /** Shares are in proportion to it, as far as the bounds let them; at least 0. */
  readonly factor: number;
  /** Bounds of the share, whole numbers. */
  readonly least: number;
  readonly most: number;
}

/**
 * Shares out whole numbers in proportion to factors, within bounds, with an exact total: `shareᵢ = min(max(λ factorᵢ, leastᵢ), mostᵢ)`, with the
 * one λ that makes the total. What is left of rounding down goes to the largest remainders, among equals to the first.
 *
 * @param total a whole number; as much or as little as the bounds have where they do not have it.
 *
 * @example inProportion(10, [{ factor: 1, least: 0, most: 9 }, { factor: 3, least: 0, most: 6 }]) // 4, 6
 */
export function inProportion(total: number, parts: readonly Part[]): number[] {
  const shares = sharesAt(lambdaOf(total, parts), parts);
  const whole = shares.map(Math.floor);
  const order = [...parts.keys()].filter((i) => whole[i]! < shares[i]!);
  order.sort((a, b) => shares[b]! - whole[b]! - (shares[a]! - whole[a]!));
  order.slice(0, Math.max(total - sum(whole), 0)).forEach((i) => whole[i]!++);
  return whole;
}

/** The factor of proportion, by bisection: the total grows with it. */
function lambdaOf(total: number, parts: readonly Part[]): number {
  let [low, high] = [0, Math.max(0, ...parts.map(({ factor, most }) => (factor > 0 ? most / factor : 0)))];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (sum(sharesAt(middle, parts)) < total) low = middle;
    else high = middle;
  }
  return high;
}

const sharesAt = (lambda: number, parts: readonly Part[]) =>
  parts.map(({ factor, least, most }) => Math.min(Math.max(lambda * factor, least), most));

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
