import * as tf from '@tensorflow/tfjs';
import { fit } from '../../../index';
import { scopeEachTest } from '../../scope';
import { CASES, drawWeights, type StockCase } from './stock-models';

scopeEachTest();

type Logs = Record<string, number>;

/** What a training told its callbacks at each step, and its history. */
async function told(train: (callbacks: tf.CustomCallbackArgs) => Promise<tf.History>) {
  const steps: Logs[] = [];
  const { history, epoch, params } = (await train({
    onBatchEnd: (_, logs) => void steps.push({ ...(logs as Logs) }),
  })) as tf.History & { params: object };
  return { steps, history: history as Record<string, number[]>, epoch, params };
}

async function bothTold(make: () => StockCase) {
  const [ours, stock] = [make(), make()];
  drawWeights(stock.model, ours.model);
  const options = { epochs: 2, batchSize: 8, shuffle: false, validationSplit: 0.025 };
  return [
    await told((callbacks) => fit(ours.model, ours.xs, ours.ys, { ...options, callbacks })),
    await told((callbacks) => stock.model.fit(stock.xs, stock.ys, { ...options, callbacks, verbose: 0 })),
  ] as const;
}

const largest = (values: readonly number[]): number => Math.max(...values.map(Math.abs));

test.each(Object.keys(CASES))('%s: losses and metrics are those of model.fit, step by step', async (name) => {
  const [ours, stock] = await bothTold(CASES[name]!);
  expect(ours.steps).toHaveLength(20);
  expect(ours.steps.map(Object.keys)).toEqual(stock.steps.map(Object.keys));
  for (const key of Object.keys(stock.steps[0]!)) {
    const differences = stock.steps.map((logs, i) => logs[key]! - ours.steps[i]![key]!);
    expect([key, largest(differences) < 1e-5]).toEqual([key, true]);
  }
  expect(Object.keys(ours.history).sort()).toEqual(Object.keys(stock.history).sort());
  for (const key of Object.keys(stock.history)) {
    const differences = stock.history[key]!.map((value, i) => value - ours.history[key]![i]!);
    expect([key, largest(differences) < 1e-5]).toEqual([key, true]);
  }
  expect([ours.epoch, { ...ours.params, verbose: 0 }]).toEqual([
    stock.epoch,
    { ...stock.params, steps: undefined },
  ]);
});
