import {
  blockFisher,
  blocks,
  cosineDecay,
  cubicDecay,
  distributionFrom,
  erdosRenyiKernel,
  exponentialDecay,
  globalDistribution,
  keepAtLeast,
  layerwiseDistribution,
  linearDecay,
  magnitude,
  nOfM,
  oneShot,
  outputChannels,
  patternFrom,
  pruner,
  randomSaliency,
  saliencyFrom,
  Saliency,
  scheduleFrom,
  taylor,
  unstructured,
  wanda,
  withinOutputs,
} from '../../index';
import { overSteps } from '../../lib/pruning/schedule';

const throughJson = (value: { config?: unknown }) => JSON.parse(JSON.stringify(value.config)) as unknown;
const steps = Array.from({ length: 120 }, (_, step) => step);

test.each([
  ['cubicDecay in steps', cubicDecay({ finalSparsity: 0.8, beginStep: 7, endStep: 90, frequency: 10 })],
  ['cubicDecay in fractions', cubicDecay({ finalSparsity: 0.8, begin: 0.1, end: 0.7 })],
  ['linearDecay', linearDecay({ initialSparsity: 0.2, finalSparsity: 0.5, endStep: 30 })],
  ['exponentialDecay', exponentialDecay({ finalSparsity: 0.5, begin: 0.2, end: 0.3 })],
  ['cosineDecay', cosineDecay({ finalSparsity: 0.5, beginStep: 3, endStep: 30 })],
  ['oneShot', oneShot({ finalSparsity: 0.5, begin: 0.5 })],
])('a schedule from JSON is the one it was: %s', (_, schedule) => {
  const [one, again] = [schedule, scheduleFrom(throughJson(schedule))].map((each) => overSteps(each, 100));
  expect(steps.map((step) => [again!(step), again!.shouldUpdate(step)])).toEqual(
    steps.map((step) => [one!(step), one!.shouldUpdate(step)]),
  );
  expect(throughJson(scheduleFrom(throughJson(schedule)))).toEqual(throughJson(schedule));
});

test('a saliency from JSON is the one it was', () => {
  const weight = {
    path: 'a',
    shape: [3, 1],
    data: Float32Array.of(1, -2, 3),
    stats: () => Float32Array.of(1, 1, 2),
  };
  for (const saliency of [magnitude, taylor, randomSaliency(3), wanda, withinOutputs(randomSaliency(2))]) {
    const again = saliencyFrom(throughJson(saliency));
    expect(again(weight)).toEqual(saliency(weight));
    expect(again.needs).toEqual(saliency.needs);
    expect(throughJson(again)).toEqual(throughJson(saliency));
  }
  const [own] = saliencyFrom(throughJson(blockFisher({ blockSize: 3 }))).needs!;
  expect(own!.name).toBe('gradient products in blocks of 3');
});

test.each([
  globalDistribution(),
  erdosRenyiKernel(),
  keepAtLeast({ distribution: globalDistribution(), units: 2 }),
  layerwiseDistribution([{ match: 'layer', sparsity: 0.5 }]),
])('a distribution, too: $config.name', (distribution) => {
  const weights = [4, 6].map((size) => ({
    path: 'layer/kernel',
    shape: [size, 1],
    scores: new Float32Array(size).fill(size),
  }));
  const again = distributionFrom(throughJson(distribution));
  expect(again(weights, 0.5)).toEqual(distribution(weights, 0.5));
  expect(throughJson(again)).toEqual(throughJson(distribution));
});

test.each([unstructured, nOfM({ keep: 1, of: 2 }), blocks({ rows: 2, columns: 1 }), outputChannels])(
  'and a pattern: $config.name',
  (pattern) => {
    const again = patternFrom(throughJson(pattern));
    const [scores, shape] = [Float32Array.of(1, 2, 4, 3, 7, 6, 8, 5), [4, 2]];
    const masks = [pattern, again].map((each) => each.mask(each.pool(scores, shape), 1, shape));
    expect(masks[1]).toEqual(masks[0]);
    expect(throughJson(again)).toEqual(throughJson(pattern));
  },
);

test.each<[() => unknown, string]>([
  [
    () => scheduleFrom({ name: 'cubicDekay' }),
    'Expected a schedule, got "cubicDekay"; the nearest are cubicDecay',
  ],
  [
    () => scheduleFrom({ name: 'cubicDecay', options: { finalSparsity: 0.5, endStep: 9, frequenzy: 3 } }),
    'Expected an option of polynomialDecay, got "frequenzy"; the nearest are frequency',
  ],
  [
    () => scheduleFrom({ name: 'cubicDecay', options: { finalSparsity: 50, endStep: 9 } }),
    'Expected finalSparsity as a fraction',
  ],
  [() => scheduleFrom({ name: 'cubicDecay' }), 'Expected finalSparsity as a fraction'],
  [() => distributionFrom({ name: 'layerwiseDistribution' }), 'Expected at least one rule'],
  [() => patternFrom({ name: 'nOfM', options: { keep: 4 } }), 'got 4 of undefined'],
  [
    () => saliencyFrom({ name: 'magnitude', options: { seed: 1 } }),
    'Expected an option of magnitude, got "seed"',
  ],
])('%s is refused', (make, message) => {
  expect(make).toThrow(message);
});

test('a pruner tells all that decides its masks, saliencies of one’s own by their source', () => {
  const schedule = cubicDecay({ finalSparsity: 0.8, end: 0.7 });
  const own: Saliency = ({ data }) => data;
  const other: Saliency = ({ data }) => data.slice();
  const [first, same, another, rest] = [{}, {}, { saliency: own }, { saliency: other }].map(
    (options) => pruner({ schedule, ...options }).config,
  );
  expect(first).toEqual({
    name: 'pruner',
    options: {
      schedule: schedule.config,
      saliency: { name: 'magnitude', options: {} },
      distribution: { name: 'uniformDistribution', options: {} },
      pattern: { name: 'unstructured', options: {} },
      rule: { name: 'growOnly', options: {} },
      maskKind: 'hard',
    },
  });
  expect(same).toEqual(first);
  expect(another).not.toEqual(rest);
});
