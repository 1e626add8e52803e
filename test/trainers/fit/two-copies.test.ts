import * as tf from '@tensorflow/tfjs';
import { prepare } from '../../../lib/compress/prepare';
import { weightOnly } from '../../../lib/compress/scheme';
import { UserError } from '../../../lib/core/errors';
import { weightsOf } from '../../../lib/core/weights';
import { int8 } from '../../../lib/quantization/spec';
import { fit } from '../../../trainers/fit/fit';
import { inferenceOf } from '../../../trainers/inference';

/** What another copy of tfjs in this process makes. */
function otherModel(): tf.Sequential {
  let other!: typeof tf;
  jest.isolateModules(() => (other = jest.requireActual<typeof tf>('@tensorflow/tfjs-layers')));
  const model = other.sequential({
    layers: [other.layers.dense({ units: 1, inputShape: [2] })],
    name: 'theirs',
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

test('a model of another copy of tfjs is refused in a sentence, whatever is asked of it', async () => {
  const model = otherModel();
  const asked: (() => unknown)[] = [
    () => fit(model, tf.zeros([4, 2]), tf.zeros([4, 1])),
    () => prepare(model, weightOnly(int8())),
    () => inferenceOf(model),
    () => weightsOf(model),
  ];
  for (const ask of asked) {
    const error = await Promise.resolve()
      .then(ask)
      .catch((error: Error) => error);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(
      /^Expected layers of the @tensorflow\/tfjs that this library imports, 4\.\d+\.\d+, got "theirs" of another copy: `npm ls/,
    );
  }
});
