import { mlp } from '../../../lib/models/mlp';
import { earlyBird, EarlyBirdOptions } from '../../../trainers/callbacks/early-bird';
import type { Callback } from '../../../trainers/callback';
import { sgd } from '../../../trainers/optimizer';
import { parametersOf } from '../../../trainers/parameters';
import { expectNoLeak } from '../../leaks';
import { fakeTraining } from '../fake-training';
import { slopeModel } from '../toys';

/** Four weights to prune, of which half go: a mask is given by the two that stay. */
const KEPT = { ab: [2, 2, 1, 1], ac: [2, 1, 2, 1], cd: [1, 1, 2, 2] };
type Kept = keyof typeof KEPT;

/** Shows a callback weights, one after each epoch; returns what was logged and after how many it wants to stop. */
async function feed(callbacks: readonly Callback[], weights: readonly Kept[], stepsPerEpoch = 5) {
  const model = mlp({ inputSize: 2, hiddenSizes: [2], outputSize: 1, seed: 1 });
  const parameters = parametersOf(model, { slots: sgd({ momentum: 0 }).slots });
  const { at, stops, logs } = fakeTraining({ model, parameters, stepsPerEpoch, totalSteps: 100 });
  for (const callback of callbacks) await callback.onTrainBegin?.(at(0));
  let stopped: number | undefined;
  for (const [i, kept] of weights.entries()) {
    parameters.list.find(({ path }) => path === 'hidden/0/kernel')!.weights.set(KEPT[kept]);
    for (let step = 5 * i + 1; step <= 5 * i + 5; step++) {
      for (const callback of callbacks) await callback.onStepEnd?.(at(step));
    }
    if (stops.length > 0) stopped ??= i + 1;
  }
  parameters.dispose();
  model.dispose();
  return { stopped, stops, distances: logs.map(([tag, value]) => [tag, value]) };
}

const bird = (options: Partial<EarlyBirdOptions> = {}) =>
  earlyBird({ sparsity: 0.5, window: 2, threshold: 0.6, ...options });

it('logs how far each mask is from the one before, from the second on', async () => {
  const { distances } = await feed([bird()], ['ab', 'ac', 'ac', 'cd', 'ab']);
  expect(distances).toEqual([0.5, 0, 0.5, 1].map((distance) => ['early-bird/distance', distance]));
});

it.each<[Kept[], number | undefined]>([
  [['ab', 'ab', 'ab'], 3], // two distances of 0
  [['ab', 'cd', 'cd', 'cd'], 4], // one of 1 before them
  [['ab', 'ac', 'cd', 'cd'], 3], // 0.5 and 0.5 are below 0.6
  [['ab', 'cd', 'ab', 'ab'], undefined],
  [['ab', 'ab'], undefined],
])('with masks %j training ends after %p', async (weights, stop) => {
  expect((await feed([bird()], weights)).stopped).toBe(stop);
});

it('says why, and takes distances that are exactly the threshold as too far', async () => {
  const { stops } = await feed([bird()], ['ab', 'ab', 'ab']);
  expect(stops[0]).toBe('an early bird: 2 distances between masks below 0.6');
  expect((await feed([bird({ threshold: 0.5 })], ['ab', 'ac', 'cd'])).stopped).toBeUndefined();
});

it('makes masks every so many steps where told', async () => {
  expect((await feed([bird({ every: 10 })], ['ab', 'cd', 'ab', 'cd', 'ab', 'cd'])).distances).toHaveLength(2);
});

it('begins anew in another training', async () => {
  const callback = bird();
  expect((await feed([callback], ['ab', 'ab', 'ab'])).stopped).toBe(3);
  expect(await feed([callback], ['ab', 'ab'])).toMatchObject({ stopped: undefined });
});

it('refuses a training that ends before there are masks enough', async () => {
  const model = mlp({ inputSize: 2, hiddenSizes: [2], outputSize: 1, seed: 1 });
  const parameters = parametersOf(model, { slots: [] });
  const { training } = fakeTraining({ model, parameters, totalSteps: 10, stepsPerEpoch: 5 });
  expect(() => bird().onTrainBegin?.(training)).toThrow(
    'Expected at least 3 masks of an early bird in the 10 steps of the training, got 2, one every 5 steps',
  );
  expect(() => bird({ every: 3 }).onTrainBegin?.(training)).not.toThrow();
  parameters.dispose();
  model.dispose();
});

it('goes on from its state', async () => {
  const [first, second] = [bird(), bird()];
  await feed([first], ['ab', 'ac']);
  second.restore?.(first.state?.() ?? {});
  expect(await feed([second], ['cd'])).toMatchObject({
    stopped: 1,
    distances: [['early-bird/distance', 0.5]],
  });
  const fresh = bird();
  fresh.restore?.(bird().state?.() ?? {}); // of before the first mask
  expect((await feed([fresh], ['ab'])).distances).toEqual([]);
});

it('is known by how it was made', () => {
  expect(bird().config).toEqual({
    name: 'earlyBird',
    options: {
      ...{ sparsity: 0.5, window: 2, threshold: 0.6 },
      distribution: { name: 'globalDistribution', options: {} },
    },
  });
});

it.each<[Partial<EarlyBirdOptions>, string]>([
  [{ sparsity: 0 }, 'fraction above 0 and below 1, got 0'],
  [{ sparsity: NaN }, 'got NaN'],
  [{ every: 0.5 }, 'every as a whole number of at least 1, got 0.5'],
  [{ window: 0 }, 'window as a whole number of at least 1, got 0'],
  [{ threshold: 0 }, 'above 0 and below 1'],
  [{ threshold: NaN }, 'got NaN'],
  [
    { sparsity: 0.96, threshold: 0.1 },
    'below 0.08, which is how far masks of sparsity 0.96 can be apart, got 0.1',
  ],
])('refuses %j', (options, message) => {
  expect(() => bird(options)).toThrow(message);
});

it('refuses a model without targets when training begins', async () => {
  const model = slopeModel();
  const parameters = parametersOf(model, { slots: [] });
  const { training } = fakeTraining({ model, parameters });
  expect(() => bird().onTrainBegin?.(training)).toThrow('to prune, got none');
  parameters.dispose();
  model.dispose();
});

it('leaves no tensors', () => expectNoLeak(async () => void (await feed([bird()], ['ab', 'ac']))));
