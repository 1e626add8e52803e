import { seededRandom } from '../../lib/core/random';
import { chooseUnits } from '../../lib/structure/choose-units';
import { encoderCost, multiplyAdds } from '../../lib/structure/multiply-adds';

const all = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('chooseUnits', () => {
  const importance = { heads: [[3, 1], [2]], neurons: [[1, 1, 4], []] };
  const costs = { head: 2, neuron: 1 };

  it.each([
    [0, [[0, 1], [0]], [[0, 1, 2], []], 0, 0],
    [1, [[0, 1], [0]], [[0, 1], []], 1, 4 / 12],
    [3, [[1], [0]], [[0, 1], []], 3, 7 / 12],
    [4, [[1], [0]], [[1], []], 4, 8 / 12],
    [5, [[1], [0]], [[], []], 5, 9 / 12],
    [9, [[], []], [[], []], 9, 1],
    [100, [[], []], [[], []], 9, 1],
  ])('keeps the most within %s', (budget, heads, neurons, cost, kept) => {
    expect(chooseUnits(importance, costs, budget)).toEqual({
      cut: { heads, neurons },
      cost,
      kept: expect.closeTo(kept, 12),
    });
  });

  it('is as good as the best of all choices', () => {
    const random = seededRandom(5);
    for (let trial = 0; trial < 20; trial++) {
      const scores = (count: number) => all(count).map(() => Math.round(random() * 8));
      const units = { heads: [scores(2), scores(2)], neurons: [scores(3), scores(2)] };
      const given = { head: 1 + Math.round(random() * 4), neuron: 1 + Math.round(random() * 2) };
      const budget = random() * 16;
      const flat = [
        ...units.heads.flat().map((score) => [score, given.head] as const),
        ...units.neurons.flat().map((score) => [score, given.neuron] as const),
      ];
      const total = flat.reduce((sum, [score]) => sum + score, 0);
      let best = 0;
      for (let choice = 0; choice < 2 ** flat.length; choice++) {
        const kept = flat.filter((_, i) => choice & (1 << i));
        if (kept.reduce((sum, [, cost]) => sum + cost, 0) > budget) continue;
        best = Math.max(
          best,
          kept.reduce((sum, [score]) => sum + score, 0),
        );
      }
      const found = chooseUnits(units, given, budget);
      expect(found.kept * total).toBeCloseTo(best, 9);
      expect(found.cost).toBeLessThanOrEqual(budget);
    }
  });

  it('refuses budgets and scores that are none', () => {
    expect(() => chooseUnits(importance, costs, NaN)).toThrow(
      'Expected a budget of at least 0 for what stays, got NaN.',
    );
    expect(() => chooseUnits({ heads: [[1]], neurons: [[1, NaN]] }, costs, 1)).toThrow(
      'Expected finite scores of neurons, got NaN of number 1 in layer 0',
    );
  });
});

test('multiply-adds are those of the reference: MiniLM at 64 tokens', () => {
  const costs = multiplyAdds({ hiddenSize: 384, headSize: 32 }, 64);
  expect(costs).toEqual({ head: 3_407_872, neuron: 49_152 });
  const layers = { heads: Array<number>(6).fill(12), intermediateSize: Array<number>(6).fill(1536) };
  expect(encoderCost(layers, costs)).toBe(698_351_616);
});
