import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../lib/core/errors';
import { EarlyStopping, earlyStopping } from '../../../trainers/callbacks/early-stopping';
import type { Training } from '../../../trainers/callback';
import { sgd } from '../../../trainers/optimizer';
import { Parameters, parametersOf } from '../../../trainers/parameters';
import { train } from '../../../trainers/trainer';
import { expectNoLeak } from '../../leaks';
import { fakeTraining } from '../fake-training';
import { fourRows, slopeModel, slopeTraining, weightValues } from '../toys';

/** Feeds a callback one value per evaluation; returns the number of evaluations until it wants to stop. */
async function feed(
  callback: EarlyStopping,
  values: number[],
  metric = 'score',
): Promise<number | undefined> {
  const { training, stops } = fakeTraining();
  for (const [i, value] of values.entries()) {
    await callback.onEvaluate?.(training, { step: i, metrics: { [metric]: value } });
    if (stops.length > 0) return i + 1;
  }
  return undefined;
}

it.each([
  ['larger', [1, 2, 2, 2, 9], 4], // ties are no better
  ['larger', [3, 2, 1], 3],
  ['larger', [1, 0, 2, 1, 3], undefined],
  ['smaller', [3, 4, 2, 3, 3], 5],
  ['smaller', [3, 2, 1, 0], undefined],
  ['larger', [NaN, NaN, 1], 2],
  ['larger', [1, NaN, 2, NaN, NaN], 5],
] as const)('with patience 2, %s values of %j stop after evaluation %p', async (better, values, stop) => {
  const callback = earlyStopping({ metric: 'score', better, patience: 2 });
  expect(await feed(callback, [...values])).toBe(stop);
});

it('asks for a real improvement if told so', async () => {
  const callback = earlyStopping({ metric: 'score', better: 'larger', patience: 1, minDelta: 0.5 });
  expect(await feed(callback, [1, 1.6, 2.1])).toBe(3);
});

it('never stops by default, and knows the best evaluation', async () => {
  const callback = earlyStopping({ metric: 'score', better: 'larger' });
  expect(callback.best).toBeUndefined();
  expect(await feed(callback, [1, 5, ...Array(50).fill(2)])).toBeUndefined();
  expect(callback.best).toEqual({ step: 1, metrics: { score: 5 } });
});

it('begins anew in another training', async () => {
  const callback = earlyStopping({ metric: 'score', better: 'larger', patience: 2 });
  await feed(callback, [5, 4]);
  void callback.onTrainBegin?.(fakeTraining().training);
  expect(callback.best).toBeUndefined();
  expect(await feed(callback, [1, 0, 0])).toBe(3);
});

it('goes on from its state', async () => {
  const options = { metric: 'score', better: 'larger', patience: 3 } as const;
  const first = earlyStopping(options);
  await feed(first, [5, 4]);
  const second = earlyStopping(options);
  second.restore?.(first.state?.() ?? {});
  expect(second.best).toEqual({ step: 0, metrics: { score: 5 } });
  expect(await feed(second, [4, 4])).toBe(2);
});

describe('when training begins', () => {
  const begin = (values: Partial<Training>) => () =>
    earlyStopping({ metric: 'scroe', better: 'larger' }).onTrainBegin?.(fakeTraining(values).training);

  it('refuses a metric that is not measured, with those that are', () => {
    expect(begin({})).toThrow(UserError);
    expect(begin({})).toThrow('watches the metric "scroe", but the evaluations have loss, score');
  });

  it('refuses a training without a dev set', () => {
    expect(begin({ metricNames: [] })).toThrow('nothing is evaluated: give the training a dev set (dev)');
  });

  it('refuses a training none of whose results would count', () => {
    const metricNames = ['loss', 'scroe'];
    expect(begin({ metricNames, countsFrom: 11 })).toThrow('the 10 steps of the training to stop by');
    expect(begin({ metricNames, countsFrom: 10 })).not.toThrow();
  });

  it('says so before the first step of a real one', async () => {
    const model = slopeModel();
    const run = (options: object) =>
      train(
        slopeTraining(model, {
          steps: 1,
          callbacks: [earlyStopping({ metric: 'f1', better: 'larger' })],
          ...options,
        }),
      );
    await expect(run({})).rejects.toThrow('nothing is evaluated');
    await expect(run({ dev: fourRows() })).rejects.toThrow('the evaluations have loss.');
    expect(weightValues(model)).toEqual([0, 0]);
    model.dispose();
  });
});

it('does not count what comes before the results count, neither as best nor as worse', async () => {
  const callback = earlyStopping({ metric: 'score', better: 'larger', patience: 2 });
  const { training, stops } = fakeTraining({ countsFrom: 3 });
  const scores = [9, 8, 7, 1, 2, 1, 1];
  for (const [step, score] of scores.entries()) {
    await callback.onEvaluate?.(training, { step, metrics: { score } });
    expect([step, stops.length]).toEqual([step, Number(step === 6)]);
  }
  expect(callback.best).toEqual({ step: 4, metrics: { score: 2 } });
});

describe('restoreBest', () => {
  let model: tf.Sequential;
  let parameters: Parameters;
  beforeEach(async () => {
    await tf.setBackend('cpu');
    model = slopeModel();
    parameters = parametersOf(model, { slots: sgd().slots });
  });
  afterEach(() => {
    parameters.dispose();
    model.dispose();
  });

  const evaluateAt = async (callback: EarlyStopping, weights: number[], score: number) => {
    const { training } = fakeTraining({ model, parameters });
    parameters.get('slope/kernel').weights.set(weights);
    await callback.onEvaluate?.(training, { step: 0, metrics: { score } });
    return training;
  };

  it('puts the weights of the best evaluation back, also after a resume', async () => {
    const options = { metric: 'score', better: 'larger', restoreBest: true } as const;
    const first = earlyStopping(options);
    await evaluateAt(first, [1, 2], 1);
    await evaluateAt(first, [3, 4], 0);
    const second = earlyStopping(options);
    second.restore?.(structuredClone(first.state?.() ?? {}));
    second.onTrainEnd?.(await evaluateAt(second, [5, 6], 0));
    expect(weightValues(model)).toEqual([1, 2]);
  });

  it('puts the mask of that evaluation back', async () => {
    const callback = earlyStopping({ metric: 'score', better: 'larger', restoreBest: true });
    parameters.setMask('slope/kernel', Uint8Array.of(1, 0));
    await evaluateAt(callback, [7, 0], 1);
    parameters.setMask('slope/kernel', Uint8Array.of(0, 0));
    callback.onTrainEnd?.(await evaluateAt(callback, [0, 0], 0));
    expect([...(parameters.get('slope/kernel').mask ?? [])]).toEqual([1, 0]);
    expect(weightValues(model)).toEqual([7, 0]);
  });

  it('leaves the last weights where nothing was evaluated or it was not asked', async () => {
    const asked = earlyStopping({ metric: 'score', better: 'larger', restoreBest: true });
    parameters.get('slope/kernel').weights.set([1, 1]);
    asked.onTrainEnd?.(fakeTraining({ model, parameters }).training);
    const notAsked = earlyStopping({ metric: 'score', better: 'larger' });
    await evaluateAt(notAsked, [2, 2], 1);
    notAsked.onTrainEnd?.(await evaluateAt(notAsked, [3, 3], 0));
    expect(weightValues(model)).toEqual([3, 3]);
  });

  it('leaves no tensors behind', async () => {
    await expectNoLeak(async () => {
      const callback = earlyStopping({ metric: 'score', better: 'larger', restoreBest: true });
      callback.onTrainEnd?.(await evaluateAt(callback, [1, 2], 1));
    });
  });
});
