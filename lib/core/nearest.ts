import { distance } from 'fastest-levenshtein';

/** The names that are most like one that is not there, the likeliest first: what a message may suggest. */
export function nearest(name: string, names: Iterable<string>, count = 3): string[] {
  const ranked = [...names].map((other) => [distance(name, other), other] as const);
  ranked.sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
  return ranked.slice(0, count).map(([, other]) => other);
}
