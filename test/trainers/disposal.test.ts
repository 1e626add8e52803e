import assert from 'node:assert';
import * as tf from '@tensorflow/tfjs';
import type { Callback } from '../../trainers/callback';
import { eagerEngine } from '../../trainers/engines/eager';
import { train } from '../../trainers/trainer';
import { expectNoLeak } from '../leaks';
import { fourRows, slopeModel, slopeTraining } from './toys';

let model: tf.Sequential;
beforeEach(async () => {
  await tf.setBackend('cpu');
  model = slopeModel();
});
afterEach(() => model.dispose());

const failing = (name: string, calls: string[], fails = true): Callback => ({
  name,
  dispose() {
    calls.push(name);
    if (fails) throw new Error(`${name} failed`);
  },
});
const three = (calls: string[]) => [failing('a', calls), failing('b', calls), failing('c', calls, false)];

it('disposes everything where the dispose of a callback throws, and throws the first error', async () => {
  const calls: string[] = [];
  await expectNoLeak(async () => {
    calls.length = 0;
    const run = train(slopeTraining(model, { steps: 1, callbacks: three(calls) }));
    await expect(run).rejects.toThrow('a failed');
  });
  expect(calls).toEqual(['a', 'b', 'c']);
  expect(tf.getBackend()).toBe('cpu');
});

it('throws the error of the training itself, whatever disposing throws', async () => {
  const calls: string[] = [];
  const fail: Callback = { name: 'fail', onGradients: () => Promise.reject(new Error('hook')) };
  const run = train(slopeTraining(model, { steps: 1, callbacks: [...three(calls), fail] }));
  await expect(run).rejects.toThrow('hook');
  expect(calls).toEqual(['a', 'b', 'c']);
});

it.each([
  ['the engine cannot be made', { engine: () => Promise.reject(new Error('no engine')) }, 'no engine'],
  ['the options are wrong', { steps: -1 }, 'Expected steps'],
])('disposes the callbacks, all of them, where %s', async (_, options, message) => {
  const calls: string[] = [];
  await expectNoLeak(async () => {
    calls.length = 0;
    const run = train(slopeTraining(model, { steps: 1, callbacks: three(calls), ...options }));
    await expect(run).rejects.toThrow(message);
  });
  expect(calls).toEqual(['a', 'b', 'c']);
});

it('gives the backend back where a part of the run cannot be read', async () => {
  await tf.setBackend('cpu');
  const data = Object.defineProperty({ ...fourRows() }, 'batchesPerEpoch', {
    get: () => assert.fail('no such file'),
  });
  const engine = eagerEngine({ backend: 'wasm' });
  await expect(train(slopeTraining(model, { data, engine, steps: 1 }))).rejects.toThrow('no such file');
  expect(tf.getBackend()).toBe('cpu');
});
