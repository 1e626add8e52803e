import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../lib/core/errors';
import { uniformDistribution } from '../../../lib/pruning/distribution';
import { keepAtLeast } from '../../../lib/pruning/distributions/keep-at-least';
import { layerwiseDistribution } from '../../../lib/pruning/distributions/layerwise';
import { blocks } from '../../../lib/pruning/patterns/blocks';
import { magnitudePruner, PrunerOptions } from '../../../lib/pruning/pruner';
import { linearDecay } from '../../../lib/pruning/schedule';
import type { Callback, Training } from '../../../trainers/callback';
import { pruning } from '../../../trainers/callbacks/pruning';
import { sgd } from '../../../trainers/optimizer';
import { Parameters, parametersOf } from '../../../trainers/parameters';
import { fakeTraining } from '../fake-training';

/** hidden/kernel [4, 1] = 1 2 3 4, classifier/kernel [1, 1] = 5. */
function model(): tf.Sequential {
  const dense = (name: string, inputs: number) =>
    tf.layers.dense({ name, units: 1, inputShape: [inputs], useBias: false });
  const result = tf.sequential({ layers: [dense('hidden', 4), dense('classifier', 1)] });
  result.setWeights([tf.tensor2d([1, 2, 3, 4], [4, 1]), tf.tensor2d([[5]])]);
  return result;
}

let network: tf.Sequential;
let parameters: Parameters;
beforeEach(async () => {
  await tf.setBackend('cpu');
  network = model();
  parameters = parametersOf(network, { slots: sgd().slots });
});
afterEach(() => {
  parameters.dispose();
  network.dispose();
});

const halfBySteps = (beginStep: number) =>
  linearDecay({ finalSparsity: 0.5, beginStep, endStep: beginStep + 4, frequency: 2 });
const training = () => fakeTraining({ model: network, parameters });
const hidden = () => [...parameters.get('hidden/kernel').weights];

/** How many hidden weights are 0 after each of these steps. */
async function zerosAfter(callback: Callback, steps: readonly Training[]): Promise<number[]> {
  const zeros: number[] = [];
  for (const step of steps) {
    await callback.onStepEnd?.(step);
    zeros.push(hidden().filter((value) => value === 0).length);
  }
  return zeros;
}

it('prunes the default targets on the cadence of the schedule, weights and moments, and logs', async () => {
  const callback = pruning({ pruner: magnitudePruner({ schedule: halfBySteps(2) }) });
  const { training: start, at, logs } = training();
  parameters.get('hidden/kernel').slots['velocity']?.fill(9);
  await callback.onTrainBegin?.(start);
  expect(await zerosAfter(callback, [1, 2, 3, 4, 5, 6, 7].map(at))).toEqual([0, 0, 0, 1, 1, 2, 2]);
  expect(hidden()).toEqual([0, 0, 3, 4]);
  expect([...(parameters.get('hidden/kernel').slots['velocity'] ?? [])]).toEqual([0, 0, 9, 9]);
  expect(parameters.get('classifier/kernel').mask).toBeUndefined();
  expect(logs).toEqual([
    [
      'pruning/targets',
      'Pruned:\n\n- `hidden/kernel`: 4 values\n\nNot pruned:\n\n- `classifier/kernel`: its layer makes what the model returns',
    ],
    ['sparsity/total', 0],
    ['sparsity/hidden/kernel', 0],
    ['mask/flips', 0],
    ['sparsity/total', 0.25],
    ['sparsity/hidden/kernel', 0.25],
    ['mask/flips', 1],
    ['sparsity/total', 0.5],
    ['sparsity/hidden/kernel', 0.5],
    ['mask/flips', 1],
  ]);
});

it('sets each mask once per update, and none in the steps between', async () => {
  const callback = pruning({ pruner: magnitudePruner({ schedule: halfBySteps(2) }) });
  const set = parameters.list.map((parameter) => jest.spyOn(parameter, 'setMask'));
  const { training: start, at } = training();
  await callback.onTrainBegin?.(start);
  const calls: number[][] = [];
  for (const step of [1, 2, 3, 4, 5, 6, 7]) {
    await callback.onGradients?.(at(step - 1));
    await callback.onStepEnd?.(at(step));
    calls.push(set.map((spy) => spy.mock.calls.length));
  }
  expect(calls.map(([hidden]) => hidden)).toEqual([0, 1, 1, 2, 2, 3, 3]);
  expect(calls.map(([, classifier]) => classifier)).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

it('prunes before the first step when the schedule begins there, but not again after a resume', async () => {
  const pruner = magnitudePruner({
    schedule: linearDecay({ initialSparsity: 0.25, finalSparsity: 0.5, beginStep: 0, endStep: 4 }),
  });
  const callback = pruning({ pruner });
  const { training: start, logs } = training();
  await callback.onTrainBegin?.(start);
  expect(hidden()).toEqual([0, 2, 3, 4]);
  const resumed = pruning({ pruner });
  resumed.restore?.(callback.state?.() ?? {});
  const before = logs.length;
  await resumed.onTrainBegin?.(start);
  expect(logs.length).toBe(before);
});

it('keeps what an earlier training pruned', async () => {
  parameters.setMask('hidden/kernel', Uint8Array.of(1, 1, 1, 0)); // the largest
  const callback = pruning({ pruner: magnitudePruner({ schedule: halfBySteps(0) }) });
  const { training: start, at } = training();
  await callback.onTrainBegin?.(start);
  await callback.onStepEnd?.(at(4));
  expect(hidden()).toEqual([0, 2, 3, 0]);
});

it('prunes named targets, and says at the beginning if there is no such weight', async () => {
  const prune = (targets: string[]) =>
    pruning({ pruner: magnitudePruner({ schedule: halfBySteps(5), targets }) }).onTrainBegin?.(
      training().training,
    );
  await prune(['classifier/kernel']);
  await expect(prune(['hidden/bias'])).rejects.toThrow(UserError);
  await expect(prune(['hidden/bias'])).rejects.toThrow('"hidden/bias" to be a trainable weight');
});

describe('when training begins', () => {
  const begin = (callback: Callback, values: Partial<Training> = {}) =>
    callback.onTrainBegin?.({ ...training().training, ...values });
  const by = (options: PrunerOptions) => pruning({ pruner: magnitudePruner(options) });

  it('takes fractions of the run', async () => {
    const schedule = linearDecay({ finalSparsity: 0.5, begin: 0.4, end: 0.8, frequency: 2 });
    const { training: start, at } = training();
    const callback = by({ schedule });
    await callback.onTrainBegin?.(start);
    const zeros = await zerosAfter(callback, [3, 4, 5, 6, 7, 8].map(at));
    expect(zeros).toEqual([0, 0, 0, 1, 1, 2]);
  });

  it.each([
    ['after the run', 7, 0, 'ends within the 10 steps of the training, got one that ends at step 11'],
    [
      'before the run starts',
      0,
      5,
      'ends at step 5, where the training starts, or later, got one that is over at step 4',
    ],
  ])('refuses a schedule that is over %s', async (_, beginStep, step, message) => {
    const refuse = () => begin(by({ schedule: halfBySteps(beginStep) }), { step });
    await expect(refuse()).rejects.toThrow(UserError);
    await expect(refuse()).rejects.toThrow(message);
    expect(hidden()).toEqual([1, 2, 3, 4]);
  });

  it('goes on with a run whose schedule is over, and refuses one that was made shorter than its schedule', async () => {
    const callback = by({ schedule: halfBySteps(0) });
    callback.restore?.({
      values: { begun: true, plan: { beginStep: 0, endStep: 4 }, gathered: { steps: 0 } },
    });
    await begin(callback, { step: 9 });
    await expect(begin(callback, { step: 3, totalSteps: 3 })).rejects.toThrow('within the 3 steps');
  });

  it.each<[string, readonly string[] | undefined, string]>([
    ['are none', [], 'got an empty list of targets'],
    ['are named twice', ['hidden/kernel', 'hidden/kernel'], 'got "hidden/kernel" twice'],
  ])('refuses targets that %s', async (_, targets, message) => {
    await expect(begin(by({ schedule: halfBySteps(0), targets }))).rejects.toThrow(message);
  });

  it.each<[string, Partial<PrunerOptions>, string]>([
    ['the pattern cannot divide', { pattern: blocks({ rows: 3, columns: 1 }) }, 'got shape [4, 1]'],
    [
      'no rule matches',
      { distribution: layerwiseDistribution([{ match: 'hiden', sparsity: 0.5 }]) },
      'the nearest are hidden',
    ],
    [
      'a guard does not let go so far',
      { distribution: keepAtLeast({ distribution: uniformDistribution(), units: 3 }) },
      'a sparsity of at most 0.25',
    ],
  ])('refuses targets that %s, before anything is pruned', async (_, options, message) => {
    await expect(begin(by({ schedule: halfBySteps(0), ...options }))).rejects.toThrow(message);
    expect(hidden()).toEqual([1, 2, 3, 4]);
  });

  it('refuses a classifier alone, which is no target unless it is named', async () => {
    const alone = tf.sequential({ layers: [tf.layers.dense({ name: 'only', units: 2, inputShape: [2] })] });
    const own = parametersOf(alone, { slots: [] });
    const schedule = halfBySteps(0);
    const values = { model: alone, parameters: own };
    await expect(begin(by({ schedule }), values)).rejects.toThrow(
      'got none (only/kernel: its layer makes what the model returns; only/bias: it is a bias); name them',
    );
    await begin(by({ schedule, targets: ['only/kernel'] }), values);
    own.dispose();
    alone.dispose();
  });
});
