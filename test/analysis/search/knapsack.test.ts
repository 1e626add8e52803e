import * as fc from 'fast-check';
import { frontOf, Item, picksOf } from '../../../lib/analysis/search/knapsack';

const start = { cost: 10, loss: 0 };

/** Every answer there is. */
function all(groups: readonly (readonly Item[])[]): (Item & { readonly picks: number[] })[] {
  return groups.reduce<(Item & { readonly picks: number[] })[]>(
    (answers, items) =>
      answers.flatMap(({ cost, loss, picks }) =>
        items.map((item, i) => ({ cost: cost + item.cost, loss: loss + item.loss, picks: [...picks, i] })),
      ),
    [{ ...start, picks: [] }],
  );
}

/** Costs and losses that none beats, the cheapest first. */
function bestOf(answers: readonly Item[]): Item[] {
  const sorted = [...answers].sort((a, b) => a.cost - b.cost || a.loss - b.loss);
  let least = Infinity;
  return sorted.flatMap(({ cost, loss }) => (loss < least ? [{ cost, loss: (least = loss) }] : []));
}

const item = fc.record({ cost: fc.integer({ min: -5, max: 20 }), loss: fc.integer({ min: -3, max: 20 }) });
const problem = fc.array(fc.array(item, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

describe('frontOf', () => {
  test('is every answer that none beats, of all that there are', () => {
    fc.assert(
      fc.property(problem, (groups) => {
        const { partials, gap } = frontOf(groups, { start });
        expect(partials.map(({ cost, loss }) => ({ cost, loss }))).toEqual(bestOf(all(groups)));
        expect(gap).toBe(0);
      }),
    );
  });

  test('tells the items of an answer', () => {
    fc.assert(
      fc.property(problem, (groups) => {
        for (const partial of frontOf(groups, { start }).partials) {
          const items = picksOf(partial).map((pick, group) => groups[group]![pick]!);
          expect(items).toHaveLength(groups.length);
          expect(start.cost + items.reduce((sum, { cost }) => sum + cost, 0)).toBe(partial.cost);
          expect(items.reduce((sum, { loss }) => sum + loss, 0)).toBe(partial.loss);
        }
      }),
    );
  });

  test('leaves out no more than it says where there are too many', () => {
    let thinned = 0;
    const large = fc.array(fc.array(item, { minLength: 3, maxLength: 4 }), { minLength: 4, maxLength: 5 });
    fc.assert(
      fc.property(large, fc.integer({ min: 2, max: 5 }), (groups, most) => {
        const { partials, gap } = frontOf(groups, { start, most });
        expect(partials.length).toBeLessThanOrEqual(most + 1);
        if (gap > 0) thinned++;
        for (const { cost, loss } of bestOf(all(groups))) {
          const best = partials.filter((partial) => partial.cost <= cost).at(-1)!;
          expect(best.loss).toBeLessThanOrEqual(loss + gap + 1e-9);
        }
      }),
      { seed: 1 },
    );
    expect(thinned).toBeGreaterThan(50);
  });

  test('of equal answers takes always the same', () => {
    const same = [
      { cost: 1, loss: 0 },
      { cost: 1, loss: 0 },
    ];
    const [only, ...others] = frontOf([same, same], { start }).partials;
    expect(others).toEqual([]);
    expect(picksOf(only!)).toEqual([0, 0]);
  });
});
