import { seededRandom } from '../../lib/core/random';
import { chooseUnits } from '../../lib/structure/choose-units';
import { onlyHeads, onlyNeurons } from '../../lib/structure/importance';
import { encoderCost, multiplyAdds, scoredCost, unitCount } from '../../lib/structure/unit-costs';

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

  it('leaves alone what has no score, so that a budget is a number of heads, or of neurons', () => {
    const heads = chooseUnits(onlyHeads(importance), unitCount, 2);
    expect(heads).toEqual({ cut: { heads: [[1], []], neurons: [[], []] }, cost: 2, kept: 5 / 6 });
    const neurons = chooseUnits(onlyNeurons(importance), unitCount, 1);
    expect(neurons.cut).toEqual({ heads: [[], []], neurons: [[0, 1], []] });
    expect(scoredCost(onlyHeads(importance), costs)).toBe(6);
  });

  it('keeps exactly so many of equal scores, 0 too', () => {
    const none = { heads: [[0, 0, 0]], neurons: [[]] };
    for (const count of all(4)) {
      expect(chooseUnits(none, unitCount, count).cut.heads).toEqual([all(3).slice(count)]);
    }
  });

  it('keeps as many in each layer', () => {
    const scores = { heads: [[9, 8, 7], [1, 2, 3], [4]], neurons: [[1, 5], [2, 6], []] };
    const choose = (budget: number) => chooseUnits(scores, costs, budget, { perLayer: true }).cut;
    expect(choose(2)).toEqual({ heads: [[0, 1, 2], [0, 1, 2], [0]], neurons: [[0], [0], []] });
    expect(choose(8)).toEqual({ heads: [[1, 2], [0, 1], []], neurons: [[0], [0], []] });
    expect(choose(17)).toEqual({ heads: [[], [], []], neurons: [[0], [0], []] });
    expect(choose(18)).toEqual({ heads: [[], [], []], neurons: [[], [], []] });
  });

  it('is the best of all pairs of numbers, per layer', () => {
    const random = seededRandom(6);
    for (let trial = 0; trial < 20; trial++) {
      const scores = (count: number) => all(2).map(() => all(count).map(() => Math.round(random() * 8)));
      const units = { heads: scores(3), neurons: scores(4) };
      const total = [...units.heads, ...units.neurons].flat().reduce((sum, score) => sum + score, 0);
      const budget = random() * 24;
      const best = (layers: number[][], count: number) =>
        layers.flatMap((layer) => layer.toSorted((a, b) => b - a).slice(0, count)).reduce((a, b) => a + b, 0);
      const pairs = all(4).flatMap((h) => all(5).map((n) => [h, n] as const));
      const fitting = pairs.filter(([h, n]) => 2 * (2 * h + n) <= budget);
      const most = Math.max(...fitting.map(([h, n]) => best(units.heads, h) + best(units.neurons, n)));
      const found = chooseUnits(units, costs, budget, { perLayer: true });
      expect(found.kept * total).toBeCloseTo(most, 9);
      expect(found.cost).toBeLessThanOrEqual(budget);
    }
  });

  it('takes the same share of both kinds, whatever their scores', () => {
    const scores = { heads: [[100, 90, 80, 70]], neurons: [[1, 2, 3, 4, 5, 6, 7, 8]] };
    const choose = (budget: number) => chooseUnits(scores, costs, budget, { apart: true }).cut;
    expect(choose(8)).toEqual({ heads: [[2, 3]], neurons: [[0, 1, 2, 3]] });
    expect(choose(0)).toEqual({ heads: [all(4)], neurons: [all(8)] });
    expect(choose(99)).toEqual({ heads: [[]], neurons: [[]] });
  });

  it('loses no more heads in many small steps than in one', () => {
    const many = { heads: [[1, 2, 3, 4, 5, 6, 7, 8]], neurons: [Array.from({ length: 16 }, (_, i) => i)] };
    const each = { head: 2, neuron: 1 };
    let gone = chooseUnits(many, each, 32, { apart: true }).cut;
    for (let budget = 31; budget >= 16; budget--)
      gone = chooseUnits(many, each, budget, { apart: true, gone }).cut;
    expect(gone).toEqual(chooseUnits(many, each, 16, { apart: true }).cut);
    expect(gone.heads).toEqual([[0, 1, 2, 3]]);
  });

  it('neither keeps nor counts what is gone before', () => {
    const gone = { heads: [[0], []], neurons: [[2], []] };
    const { cut, cost, kept } = chooseUnits(importance, costs, 4, { gone });
    expect(cut).toEqual({ heads: [[0, 1], []], neurons: [[2], []] });
    expect([cost, kept]).toEqual([4, 4 / 5]);
  });

  it('refuses budgets, costs and scores that are none', () => {
    expect(() => chooseUnits(importance, { head: 0, neuron: 1 }, 1)).toThrow(
      'Expected costs above 0 of a head and a neuron, got 0.',
    );
    expect(() => chooseUnits(importance, costs, NaN)).toThrow(
      'Expected a budget of at least 0 for what stays, got NaN.',
    );
    expect(() => chooseUnits({ heads: [[2, -1]], neurons: [[]] }, costs, 1)).toThrow(
      'Expected scores of heads from 0, got -1 of number 1 in layer 0',
    );
    expect(() => chooseUnits({ heads: [[1]], neurons: [[1, NaN]] }, costs, 1)).toThrow(
      'Expected scores of neurons from 0, got NaN of number 1 in layer 0',
    );
  });
});

test('multiply-adds are those of the reference: MiniLM at 64 tokens', () => {
  const costs = multiplyAdds({ hiddenSize: 384, headSize: 32 }, 64);
  expect(costs).toEqual({ head: 3_407_872, neuron: 49_152 });
  const layers = { heads: Array<number>(6).fill(12), intermediateSize: Array<number>(6).fill(1536) };
  expect(encoderCost(layers, costs)).toBe(698_351_616);
});
