import * as tf from '@tensorflow/tfjs';
import { hostOf } from '../../../lib/core/host-tensor';
import { seededRandom } from '../../../lib/core/random';
import { weightsOf } from '../../../lib/core/weights';
import { forward, forwardThrough } from '../../../lib/forward/forward';
import { bert } from '../../../lib/models/bert';
import { chooseLayers, layerCosts } from '../../../lib/structure/layers/choose-layers';
import { layerChanges } from '../../../lib/structure/layers/layer-changes';
import { layersLeftOut } from '../../../lib/structure/layers/layers-left-out';
import { answerDivergence } from '../../../lib/structure/scores/answer-divergence';
import { shrink } from '../../../lib/structure/shrink';
import { familyNames, tiny } from '../../models/family-cases';
import { expectNoLeak } from '../../leaks';
import { batch, shake } from '../../models/reference';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const padOf = (family: string) => (family === 'roberta' ? 1 : 0);

describe.each(familyNames)('of a %s', (family) => {
  const model = () => {
    const made = bert({ ...tiny(family), layers: 3 });
    shake(made);
    return made;
  };

  it('layerChanges is the cosine of what goes in and comes out, over real tokens', async () => {
    const subject = model();
    const found = await layerChanges(subject, [batch(padOf(family)).map(hostOf)]);
    const layers = ['encoder/0/ffn/norm', 'encoder/1/ffn/norm'];
    const [, x, y] = forwardThrough(subject, batch(padOf(family)), {
      pass: 'inference',
      layers,
      whole: true,
    });
    const rows = ([first, second]: number[][][]) => [...first!, ...second!.slice(0, 3)];
    const [before, after] = [x!, y!].map((each) => rows(each.arraySync() as number[][][]));
    const cosines = before!.map((row, i) => {
      const product = row.reduce((sum, value, j) => sum + value * after![i]![j]!, 0);
      return product / Math.hypot(...row) / Math.hypot(...after![i]!);
    });
    expect(found).toHaveLength(3);
    expect(found[1]).toBeCloseTo(1 - cosines.reduce((a, b) => a + b, 0) / 7, 4);
    expect(found[0]).toBeGreaterThan(0);
  });

  it('layersLeftOut is how far the answers are of the model built without each', async () => {
    const subject = model();
    const xs = batch(padOf(family));
    const found = await layersLeftOut(subject, [xs.map(hostOf)]);
    const [whole, without] = [subject, shrink(subject, { layers: [2] })].map((each) =>
      hostOf(forward(each, xs, false)),
    );
    expect(found[2]).toBeCloseTo(answerDivergence('single-label', whole!, without!) / 2, 5);
  });
});

it('a layer that only passes on is worth nothing', async () => {
  const subject = bert({ ...tiny('bert'), layers: 3 });
  for (const { path, variable } of weightsOf(subject)) {
    if (/^encoder\/1\/(attention\/output|ffn\/down)/.test(path)) variable.assign(tf.zerosLike(variable));
  }
  const xs = batch().map(hostOf);
  for (const scores of [await layerChanges(subject, [xs]), await layersLeftOut(subject, [xs])]) {
    expect(scores[1]).toBeCloseTo(0, 5);
    expect(Math.min(scores[0]!, scores[2]!)).toBeGreaterThan(1e-4);
  }
});

it('leave nothing behind, and need data', async () => {
  const subject = bert(tiny('bert'));
  const xs = batch().map(hostOf);
  await expectNoLeak(async () => {
    await layerChanges(subject, [xs]);
    await layersLeftOut(subject, [xs]);
  });
  for (const score of [layerChanges, layersLeftOut]) {
    await expect(score(subject, [])).rejects.toThrow('Expected at least one batch to score by, got none.');
  }
});

describe('chooseLayers', () => {
  it.each([
    [3, []],
    [2, [1]],
    [1, [1, 2]],
    [1.9, [1, 2]],
  ])('keeps the best within %s', (budget, layers) => {
    expect(chooseLayers([3, 1, 2], [1, 1, 1], budget).cut).toEqual({ layers });
  });

  it('keeps exactly so many of no importance', () => {
    expect(chooseLayers([0, 0, 0], [1, 1, 1], 2)).toEqual({
      cut: { layers: [expect.any(Number)] },
      cost: 2,
      kept: 1,
    });
    expect(chooseLayers([0, 4, 0], [0.1, 0.1, 0.1], 0.3).cut.layers).toEqual([]);
  });

  it('is as good as the best of all choices, of layers that cost differently', () => {
    const random = seededRandom(4);
    for (let trial = 0; trial < 20; trial++) {
      const [scores, costs] = [0, 1].map(() => Array.from({ length: 6 }, () => 1 + Math.round(9 * random())));
      const budget = 10 + 30 * random();
      const sum = (values: number[], choice: number) =>
        values.reduce((total, value, i) => total + (choice & (1 << i) ? value : 0), 0);
      const choices = Array.from({ length: 2 ** 6 - 1 }, (_, i) => i + 1);
      const best = Math.max(...choices.map((c) => (sum(costs!, c) <= budget ? sum(scores!, c) : 0)));
      const found = chooseLayers(scores!, costs!, budget);
      expect(found.kept * sum(scores!, 63)).toBeCloseTo(best, 9);
      expect(found.cost).toBeLessThanOrEqual(budget);
    }
  });

  it('costs what its heads and neurons do', () => {
    expect(layerCosts({ heads: [2, 0], intermediateSize: [3, 4] }, { head: 10, neuron: 1 })).toEqual([23, 4]);
  });

  it.each([
    [[1, 2], [1, 1], 0.5, 'a budget that the cheapest layer fits in, 1, got 0.5: one layer stays at least'],
    [[1, 2], [1, 1], NaN, 'got NaN'],
    [[1, NaN], [1, 1], 1, 'Expected scores of layers from 0, got NaN of layer 1.'],
    [[1, 2], [1, -1], 1, 'Expected costs of layers from 0, got -1 of layer 1.'],
    [[1, 2], [1], 1, 'Expected a cost of each of the 2 layers, got 1.'],
  ])('refuses %j, %j, %s', (scores, costs, budget, message) => {
    expect(() => chooseLayers(scores, costs, budget)).toThrow(message);
  });
});
