import * as tf from '@tensorflow/tfjs';
import { outputNoise } from '../../lib/analysis/measures/output-noise';
import { pruningSensitivity } from '../../lib/analysis/sensitivity/pruning-sensitivity';
import { hostOf } from '../../lib/core/host-tensor';
import { expectOutputsLast, readsOutputs } from '../../lib/pruning/expect-outputs-last';
import { Pattern, unstructured } from '../../lib/pruning/pattern';
import { blocks } from '../../lib/pruning/patterns/blocks';
import { nOfM } from '../../lib/pruning/patterns/n-of-m';
import { outputChannels } from '../../lib/pruning/patterns/output-channels';
import { pruner } from '../../lib/pruning/pruner';
import { blockFisher } from '../../lib/pruning/saliencies/block-fisher';
import { wanda } from '../../lib/pruning/saliencies/wanda';
import { magnitude } from '../../lib/pruning/saliency';
import { oneShot } from '../../lib/pruning/schedule';
import { defaultTargets } from '../../lib/pruning/targets';
import { pruning } from '../../trainers/callbacks/pruning';
import { sgd } from '../../trainers/optimizer';
import { parametersOf } from '../../trainers/parameters';
import { fakeTraining } from '../trainers/fake-training';

const network = () =>
  tf.sequential({
    layers: [
      tf.layers.conv2dTranspose({ name: 'up', filters: 6, kernelSize: 3, inputShape: [4, 4, 4] }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'classifier', units: 2 }),
    ],
  });

test('patterns of outputs, and saliencies that compare inside of them, say so', () => {
  const patterns = [unstructured, outputChannels, blocks({ rows: 1, columns: 2 }), nOfM({ keep: 2, of: 4 })];
  expect(patterns.map((pattern) => readsOutputs({ pattern }))).toEqual([false, true, true, true]);
  const saliencies = [magnitude, wanda, blockFisher()];
  expect(saliencies.map((saliency) => readsOutputs({ saliency }))).toEqual([false, true, true]);
});

const message = 'got "up/kernel" of shape [3, 3, 6, 4], whose is another; leave it out of the targets';

test('a transposed convolution has its outputs elsewhere', () => {
  const model = network();
  const paths = defaultTargets(model).map(({ path }) => path);
  expect(() => expectOutputsLast(model, paths)).toThrow(message);
  expect(() => expectOutputsLast(model, ['classifier/kernel'])).not.toThrow();
  model.dispose();
});

test.each<[string, Pattern, string | undefined]>([
  ['channels', outputChannels, message],
  ['single weights', unstructured, undefined],
])('%s of it are pruned only if they can be', async (_, pattern, refusal) => {
  const model = network();
  const parameters = parametersOf(model, { slots: sgd().slots });
  const schedule = oneShot({ finalSparsity: 0.5 });
  const callback = pruning({ pruner: pruner({ schedule, pattern }) });
  const begun = Promise.resolve(callback.onTrainBegin!(fakeTraining({ model, parameters }).training));
  const xs = tf.randomNormal([2, 4, 4, 4], 0, 1, 'float32', 1);
  const measure = outputNoise({ data: [[hostOf(xs)]] });
  const measured = pruningSensitivity(model, { measure, pattern, sparsities: [0.5] });
  for (const each of [begun, measured]) {
    await (refusal === undefined ? each : expect(each).rejects.toThrow(refusal));
  }
  expect(Number(parameters.get('up/kernel').mask !== undefined)).toBe(Number(refusal === undefined));
  xs.dispose();
  parameters.dispose();
  model.dispose();
});
