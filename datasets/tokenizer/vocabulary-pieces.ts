/** A word as it is cut now, and how often it comes. */
interface Word {
  readonly pieces: number[];
  readonly count: number;
}

/**
 * Merges the most frequent pair of neighbouring pieces, until the vocabulary has `size` pieces or all words are one piece. Of
 * equally frequent pairs the one whose first piece, then whose second piece, has the lowest id goes first.
 *
 * @param words with their counts.
 * @param first the vocabulary to begin with: every first character of a word, and every other one with `##`.
 */
export function learnPieces(
  words: ReadonlyMap<string, number>,
  first: readonly string[],
  size: number,
): string[] {
  const vocabulary = [...first];
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const idOf = (piece: string): number => {
    const known = ids.get(piece);
    if (known !== undefined) return known;
    ids.set(piece, vocabulary.length);
    return vocabulary.push(piece) - 1;
  };
  const cut = Array.from(words, ([word, count]): Word => {
    return { pieces: [...word].map((character, i) => idOf(i === 0 ? character : `##${character}`)), count };
  });
  const pairs = new Pairs();
  cut.forEach(({ pieces, count }, word) => {
    for (let i = 1; i < pieces.length; i++) pairs.add(pieces[i - 1]!, pieces[i]!, count, word);
  });
  while (vocabulary.length < size) {
    const pair = pairs.takeMostFrequent();
    if (!pair) break;
    const merged = idOf(`${vocabulary[pair.left]}${vocabulary[pair.right]!.slice('##'.length)}`);
    for (const word of pair.words) merge(cut[word] as Word, word, pair, merged, pairs);
  }
  return vocabulary;
}

/** Puts `merged` for every `left`, `right` in a word, and counts the pairs that come and go. */
function merge(
  { pieces, count }: Word,
  word: number,
  { left, right }: Pick<Pair, 'left' | 'right'>,
  merged: number,
  pairs: Pairs,
): void {
  for (let i = 0; i + 1 < pieces.length; i++) {
    if (pieces[i] !== left || pieces[i + 1] !== right) continue;
    const [before, after] = [pieces[i - 1], pieces[i + 2]];
    pieces.splice(i, 2, merged);
    if (before !== undefined) {
      pairs.add(before, left, -count, word);
      pairs.add(before, merged, count, word);
    }
    if (after !== undefined) {
      pairs.add(right, after, -count, word);
      pairs.add(merged, after, count, word);
    }
  }
}

/** Two neighbouring pieces and the words in which they are, or were. */
interface Pair {
  readonly left: number;
  readonly right: number;
  words: Set<number>;
}

/** The pairs and their counts. The counts are an array of their own, of which the largest is found fast. */
class Pairs {
  private readonly numbers = new Map<number, number>();
  private readonly pairs: Pair[] = [];
  private readonly counts: number[] = [];

  add(left: number, right: number, count: number, word: number): void {
    const number = this.numberOf(left, right);
    this.counts[number]! += count;
    if (count > 0) this.pairs[number]!.words.add(word);
  }

  /**
   * A pair that was taken is not taken again before it comes up in another word. Its old count then still counts, as in Python's
   * trainer: merging once more makes no new piece.
   */
  takeMostFrequent(): Pair | undefined {
    let best: number | undefined;
    for (let i = 0; i < this.counts.length; i++) {
      if (this.counts[i]! >= (best === undefined ? 1 : this.counts[best]!) && this.isBefore(i, best))
        best = i;
    }
    if (best === undefined) return undefined;
    const taken = { ...this.pairs[best]! };
    this.pairs[best]!.words = new Set();
    return taken;
  }

  /** Of two pairs of which the first is at least as frequent. */
  private isBefore(i: number, best: number | undefined): boolean {
    const pair = this.pairs[i]!;
    if (pair.words.size === 0) return false;
    if (best === undefined || this.counts[i]! > this.counts[best]!) return true;
    const other = this.pairs[best]!;
    return pair.left < other.left || (pair.left === other.left && pair.right < other.right);
  }

  private numberOf(left: number, right: number): number {
    const key = left * 2 ** 26 + right;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.pairs.length);
    this.counts.push(0);
    return this.pairs.push({ left, right, words: new Set() }) - 1;
  }
}
