/**
 * The multiple-choice knapsack: of each group one item, so that the summed loss is least for what the items cost (Sinha & Zoltners,
 * 1979, doi:10.1287/opre.27.3.503). Groups are taken in one after the other; of the partial answers only those stay that no other
 * beats in both cost and loss, so the answers are exact.
 */
export interface Item {
  readonly cost: number;
  readonly loss: number;
}

/** An item of each of the first groups. */
export interface Partial {
  readonly cost: number;
  readonly loss: number;
  /** Index of the last group's item. */
  readonly pick: number;
  /** The items of the groups before; undefined of the empty answer. */
  readonly before?: Partial;
}

/** Answers that none beats: costs rise, losses fall. */
export interface Front {
  readonly partials: readonly Partial[];
  /** By how much a loss may at most be above the least possible one for its cost: 0 where nothing was left out. */
  readonly gap: number;
}

export interface FrontOptions {
  /** What there is before any group. */
  readonly start: Item;
  /**
   * Whether an answer to the groups up to this one can still become one that is wanted. Default: all.
   *
   * @param gap by how much its loss may be above that of one that was left out for it.
   */
  readonly keeps?: (partial: Partial, group: number, gap: number) => boolean;
  /** How many answers are kept at most: of more, the cheapest of those whose losses are nearly equal stays. Default 20 000. */
  readonly most?: number;
}

/** Every answer that none beats; of equal ones always the same. */
export function frontOf(
  groups: readonly (readonly Item[])[],
  { start, keeps = () => true, most = 20_000 }: FrontOptions,
): Front {
  let front: Front = { partials: [{ ...start, pick: -1 }], gap: 0 };
  groups.forEach((items, group) => {
    const { partials, gap } = front;
    const thinned = thin(
      merged(partials, items).filter((partial) => keeps(partial, group, gap)),
      most,
    );
    front = { partials: thinned.partials, gap: gap + thinned.gap };
  });
  return front;
}

/** The index of each group's item. */
export function picksOf(partial: Partial): number[] {
  const picks: number[] = [];
  for (let at: Partial = partial; at.before; at = at.before) picks.push(at.pick);
  return picks.reverse();
}

/** All answers with all items added that no other beats. Each item shifts a sorted list: the lists are merged as they are. */
function merged(partials: readonly Partial[], items: readonly Item[]): Partial[] {
  const heads = items.map(() => 0);
  const result: Partial[] = [];
  let least = Infinity;
  for (let left = items.length * partials.length; left > 0; left--) {
    const pick = cheapest(partials, items, heads);
    const before = partials[heads[pick]!++]!;
    const loss = before.loss + items[pick]!.loss;
    if (loss >= least) continue;
    least = loss;
    result.push({ cost: before.cost + items[pick]!.cost, loss, pick, before });
  }
  return result;
}

/** The item whose next answer is the cheapest; of equally cheap ones the best, then the first. */
function cheapest(partials: readonly Partial[], items: readonly Item[], heads: readonly number[]): number {
  let [best, cost, loss] = [-1, Infinity, Infinity];
  for (let i = 0; i < items.length; i++) {
    const next = partials[heads[i]!];
    if (!next) continue;
    const [nextCost, nextLoss] = [next.cost + items[i]!.cost, next.loss + items[i]!.loss];
    if (best >= 0 && (nextCost > cost || (nextCost === cost && nextLoss >= loss))) continue;
    [best, cost, loss] = [i, nextCost, nextLoss];
  }
  return best;
}

/** At most so many answers: one for each of as many steps of loss, the cheapest. The best of all stays. */
function thin(partials: Partial[], most: number): Front {
  if (partials.length <= most) return { partials, gap: 0 };
  const [worst, best] = [partials[0]!.loss, partials.at(-1)!.loss];
  const step = (worst - best) / (most - 1);
  const stepOf = ({ loss }: Partial) => Math.floor((worst - loss) / step);
  const kept = partials.filter(
    (partial, i) => i === 0 || i === partials.length - 1 || stepOf(partial) > stepOf(partials[i - 1]!),
  );
  return { partials: kept, gap: step };
}
