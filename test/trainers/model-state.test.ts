import * as tf from '@tensorflow/tfjs';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8 } from '../../lib/compress/scheme';
import { forward } from '../../lib/forward/forward';
import { UserError } from '../../lib/core/errors';
import { captureModel, restoreModel } from '../../trainers/model-state';
import { parametersOf } from '../../trainers/parameters';
import { expectNoLeak } from '../leaks';
import { classifierModel, slopeModel, weightValues } from './toys';

/** Runs the model in training mode on ones, so that batch norm and observers move. */
function move(model: tf.LayersModel): void {
  const xs = [tf.ones([3, 2]), tf.ones([3, 1])];
  tf.dispose([forward(model, xs, true), xs]);
}

it('brings back all weights, frozen ones and batch norm too, masks and observed ranges, by copying', async () => {
  await tf.setBackend('cpu');
  const model = classifierModel();
  model.getLayer('hidden').trainable = false;
  const prepared = prepare(model, staticInt8());
  const parameters = parametersOf(model);
  const ranges = () =>
    [...prepared.inputs.values()].map(({ observer }) => observer!.state()['hi']!.dataSync()[0]);
  const mask = Uint8Array.from(parameters.get('classifier/kernel').weights, (_, i) => i % 2);
  parameters.setMask('classifier/kernel', mask);
  move(model);
  const before = { weights: weightValues(model), ranges: ranges() };
  const state = await captureModel(model, parameters);
  expect(Object.keys(state).filter((name) => name.startsWith('weights/'))).toHaveLength(model.weights.length);

  move(model);
  model.setWeights(model.getWeights().map((weight) => tf.onesLike(weight)));
  parameters.setMask('classifier/kernel', undefined);
  restoreModel(model, parameters, state);
  expect({ weights: weightValues(model), ranges: ranges() }).toEqual(before);
  expect(parameters.get('classifier/kernel').mask).toEqual(mask);

  parameters.get('classifier/kernel').weights.fill(9); // not of the state
  move(model);
  restoreModel(model, parameters, state);
  expect({ weights: weightValues(model), ranges: ranges() }).toEqual(before);
  parameters.dispose();
  prepared.detach();
  model.dispose();
});

it('lifts a mask that the state does not have', async () => {
  await tf.setBackend('cpu');
  const model = slopeModel();
  const parameters = parametersOf(model);
  parameters.get('slope/kernel').weights.fill(3);
  const state = await captureModel(model, parameters);
  parameters.setMask('slope/kernel', Uint8Array.of(0, 0));
  restoreModel(model, parameters, state);
  expect(weightValues(model)).toEqual([3, 3]);
  expect(parameters.get('slope/kernel').mask).toBeUndefined();
  parameters.dispose();
  model.dispose();
});

it('refuses the state of another model', async () => {
  await tf.setBackend('cpu');
  const [model, other] = [slopeModel(), classifierModel()];
  const [parameters, others] = [parametersOf(model), parametersOf(other)];
  const state = await captureModel(model, parameters);
  expect(() => restoreModel(other, others, state)).toThrow(UserError);
  const wrong = { 'weights/slope/kernel': { ...state['weights/slope/kernel']!, shape: [1, 2] } };
  expect(() => restoreModel(model, parameters, wrong)).toThrow(
    '"weights/slope/kernel" of shape [2, 1], found shape [1, 2]',
  );
  [parameters, others, model, other].forEach((owner) => owner.dispose());
});

it('leaves nothing behind', async () => {
  const model = classifierModel();
  const parameters = parametersOf(model);
  await expectNoLeak(async () => restoreModel(model, parameters, await captureModel(model, parameters)));
  parameters.dispose();
  model.dispose();
});
