import { hostOf } from '../../lib/core/host-tensor';
import { bert } from '../../lib/models/bert';
import { chooseUnits } from '../../lib/structure/choose-units';
import { latencyCosts, unitLatency } from '../../lib/structure/unit-latency';
import { expectNoLeak } from '../leaks';
import { tiny } from '../models/family-cases';
import { batch } from '../models/reference';
import { scopeEachTest } from '../scope';

scopeEachTest();

const pairs = (heads: number[], neurons: number[]) =>
  heads.flatMap((h) => neurons.map((n) => [h, n] as const));

it('measures all pairs of numbers, and leaks nothing', async () => {
  const model = bert({ ...tiny('bert'), heads: [3, 0], headSize: 4, intermediateSize: [12, 1] });
  const xs = batch().map(hostOf);
  await expectNoLeak(async () => {
    const rows = await unitLatency(model, xs, { runs: 1 });
    expect(rows.map(({ heads, neurons }) => [heads, neurons])).toEqual(pairs([3, 2, 1], [13, 9, 5]));
    expect(rows.every(({ milliseconds }) => milliseconds > 0)).toBe(true);
  });
}, 120_000);

describe('latencyCosts', () => {
  const rows = pairs([12, 8, 4], [300, 200, 100]).map(([heads, neurons]) => ({
    ...{ heads, neurons },
    milliseconds: 5 + 0.5 * heads + 0.01 * neurons,
  }));

  it('are the slopes of a plane, and costs of a choice', () => {
    const costs = latencyCosts(rows);
    expect(costs).toEqual({ head: expect.closeTo(0.5, 9), neuron: expect.closeTo(0.01, 9) });
    const { cut, cost } = chooseUnits({ heads: [[2, 1]], neurons: [[0.1, 0.3]] }, costs, 0.51);
    expect(cut).toEqual({ heads: [[1]], neurons: [[0]] });
    expect(cost).toBeCloseTo(0.51, 9);
  });

  it('are those nearest to what is no plane', () => {
    const noise = [0.1, -0.2, 0.1, -0.2, 0.4, -0.2, 0.1, -0.2, 0.1]; // of no slope
    const noisy = rows.map((row, i) => ({ ...row, milliseconds: row.milliseconds + noise[i]! }));
    expect(latencyCosts(noisy).head).toBeCloseTo(0.5, 9);
  });

  it('refuses what saves no time', () => {
    const slower = rows.map((row) => ({ ...row, milliseconds: 20 - row.heads }));
    expect(() => latencyCosts(slower)).toThrow('grows with the number of heads, got -1 ms for one more');
  });
});
