import type { Item, Partial } from './knapsack';

/**
 * Which partial answers may still become the best one within a budget B (the bound of branch and bound, from the Lagrangian
 * relaxation): whatever items follow, for any λ ≥ 0
 *
 *     loss ≥ loss(partial) + Σ_following min_i (loss_i + λ · cost_i) − λ · (B − cost(partial))
 *
 * so an answer whose bound is above the loss of a known answer is given up. λ is chosen where the relaxation of the whole is tight.
 */
export function withinBudget(
  groups: readonly (readonly Item[])[],
  start: Item,
  most: number,
): (partial: Partial, group: number, gap: number) => boolean {
  const budget = Math.min(most, Number.MAX_VALUE); // 0 · Infinity is no number
  const { lambda, loss: known } = relax(groups, start, budget);
  const leastCost = sumsAfter(groups, ({ cost }) => cost);
  const leastPrice = sumsAfter(groups, ({ cost, loss }) => loss + lambda * cost);
  // Sums in another order round otherwise: nothing is given up for that.
  const all = [[start], ...groups];
  const [costSlack, lossSlack] = [slackOf(all, ({ cost }) => cost), slackOf(all, ({ loss }) => loss)];
  const slack = lossSlack + lambda * costSlack;
  return ({ cost, loss }, group, gap) =>
    cost + leastCost[group]! <= budget + costSlack &&
    loss + leastPrice[group]! - lambda * (budget - cost) <= known + slack + gap;
}

/** The λ at which the cheapest answer by `loss + λ · cost` first fits, and that answer's loss. There is an answer that fits. */
function relax(
  groups: readonly (readonly Item[])[],
  start: Item,
  budget: number,
): { readonly lambda: number; readonly loss: number } {
  const answer = (lambda: number) => priced(groups, start, lambda);
  const fits = (lambda: number) => answer(lambda).cost <= budget;
  let [low, high] = [0, fits(0) ? 0 : 1];
  while (!fits(high) && high < Number.MAX_VALUE) [low, high] = [high, high * 2];
  for (let halvings = 0; halvings < 200 && low < high; halvings++) {
    const middle = (low + high) / 2;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return { lambda: Math.min(high, Number.MAX_VALUE), loss: fits(high) ? answer(high).loss : Infinity };
}

/** Of each group the item that is least by `loss + λ · cost`, of equal ones the cheapest. */
function priced(groups: readonly (readonly Item[])[], start: Item, lambda: number): Item {
  return groups.reduce<Item>((sum, items) => {
    const price = ({ cost, loss }: Item) => loss + lambda * cost;
    const least = items.reduce((best, item) =>
      price(item) < price(best) || (price(item) === price(best) && item.cost < best.cost) ? item : best,
    );
    return { cost: sum.cost + least.cost, loss: sum.loss + least.loss };
  }, start);
}

/** For each group, the sum over the groups after it of the least value of an item. */
function sumsAfter(groups: readonly (readonly Item[])[], valueOf: (item: Item) => number): number[] {
  const sums = groups.map(() => 0);
  for (let i = groups.length - 2; i >= 0; i--)
    sums[i] = sums[i + 1]! + Math.min(...groups[i + 1]!.map(valueOf));
  return sums;
}

function slackOf(groups: readonly (readonly Item[])[], valueOf: (item: Item) => number): number {
  const largest = groups.map((items) => Math.max(...items.map((item) => Math.abs(valueOf(item)))));
  return 1e-12 * largest.reduce((sum, value) => sum + value, 0);
}
