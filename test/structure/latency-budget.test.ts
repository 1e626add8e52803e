import { hostTensor } from '../../lib/core/host-tensor';
import { bert } from '../../lib/models/bert';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { chooseUnits } from '../../lib/structure/choose-units';
import { latencyBudget } from '../../lib/structure/latency-budget';
import { shrink } from '../../lib/structure/shrink';
import { scoredCost } from '../../lib/structure/unit-costs';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';

scopeEachTest();

const model = () =>
  bert({
    layers: 2,
    hiddenSize: 256,
    heads: 4,
    intermediateSize: 1024,
    vocabSize: 50,
    maxPositions: 128,
    seed: 1,
  });
const xs = () =>
  [5, 1, 0].map((value) =>
    hostTensor(
      Int32Array.from({ length: 8 * 128 }, () => value),
      [8, 128],
    ),
  );
const costs = { head: 60, neuron: 0.1 };
/** As much for its cost of a head as of a neuron, so that both go together. */
const falling = (count: number, cost: number) =>
  Array.from({ length: count }, (_, i) => cost * (1 - i / count));
const importance = {
  heads: [falling(4, 60), falling(4, 60)],
  neurons: [falling(1024, 0.1), falling(1024, 0.1)],
};

describe('latencyBudget', () => {
  it('chooses a model that was measured near the share, with less than all and more than nothing, and leaks nothing', async () => {
    const dense = model();
    await expectNoLeak(async () => {
      const found = await latencyBudget(dense, importance, xs(), {
        removed: 0.5,
        costs,
        runs: 9,
        threads: 1,
      });
      expect(found.costs).toBe(costs);
      expect(Math.abs(found.left - 0.5)).toBeLessThan(0.4); // on a busy machine too
      const budget = (1 - found.removed) * scoredCost(importance, costs);
      const smaller = shrink(dense, chooseUnits(importance, costs, budget).cut);
      const { heads, intermediateSize } = bertConfigOf(smaller);
      smaller.dispose();
      const left = [...heads, ...intermediateSize].reduce((sum, size) => sum + size, 0);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThan(2056);
    });
  }, 120_000);

  it('takes nothing without a measurement', async () => {
    const dense = model();
    const given = { removed: 0, costs };
    const found = await latencyBudget(dense, importance, [], given);
    expect(found).toEqual({ costs, removed: 0, left: 1 });
  });

  it('says the most that can go: the embeddings and the classifier stay', async () => {
    const dense = model();
    const asked = latencyBudget(dense, importance, xs(), {
      removed: 1,
      costs,
      runs: 9,
      threads: 1,
    });
    await expect(asked).rejects.toThrow(/^Expected at most 0\.\d+ of the latency to go, got 1: /);
  }, 60_000);

  it.each([-0.1, 1.1, NaN])('refuses a share of %s', async (removed) => {
    const dense = model();
    await expect(latencyBudget(dense, importance, xs(), { removed, costs })).rejects.toThrow(
      `Expected a share from 0 to 1 of the latency to go, got ${removed}.`,
    );
  });
});
