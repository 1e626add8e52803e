import * as tf from '@tensorflow/tfjs';
import { hostOf, hostTensor, HostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { forward } from '../../lib/forward/forward';
import { bert } from '../../lib/models/bert';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { cutTensors } from '../../lib/structure/cut-tensors';
import { maskUnits } from '../../lib/structure/mask-units';
import { shrink } from '../../lib/structure/shrink';
import { compiledEngine } from '../../trainers/engines/compiled';
import { inferenceOf } from '../../trainers/inference';
import { softmaxCrossEntropy } from '../../trainers/losses';
import { adamW } from '../../trainers/optimizer';
import { parametersOf, Snapshot } from '../../trainers/parameters';
import { tiny } from '../models/family-cases';
import { batch, shake } from '../models/reference';
import { scopeEachTest } from '../scope';

scopeEachTest();

const cut = { heads: [[1], [0, 1]], neurons: [Array.from({ length: 12 }, (_, i) => i), [2, 5]] };

/** Takes training steps, from an optimizer's moments; the weights and moments by then. */
async function trained(
  model: tf.LayersModel,
  steps: readonly number[],
  moments?: Snapshot['slots'],
): Promise<Snapshot> {
  const optimizer = adamW();
  const parameters = parametersOf(model, { slots: optimizer.slots });
  parameters.restore({
    ...parameters.snapshot(),
    slots: moments ?? parameters.snapshot({ slots: true }).slots,
  });
  const engine = await compiledEngine({ threads: 1 })(model, parameters, softmaxCrossEntropy);
  const xs = batch().map((x) => hostOf(x));
  for (const step of steps) {
    const data = { xs, ys: hostTensor(Int32Array.of(2, 0), [2]), size: 2 };
    await engine.gradients(data, { accumulate: false, clock: { seed: 1, tick: step } });
    optimizer.apply(parameters, { learningRate: 0.01, step });
  }
  const snapshot = parameters.snapshot({ slots: true });
  engine.dispose();
  parameters.dispose();
  return snapshot;
}

test('a shrunken model is trained on with its moments as the masked one is', async () => {
  const model = bert({ ...tiny('bert'), dropout: 0, attentionDropout: 0 });
  shake(model);
  maskUnits(model, cut);
  const before = await trained(model, [1, 2]);
  const smaller = shrink(model, cut);
  const shapes = new Map(weightsOf(model).map(({ path, variable }) => [path, variable.shape]));
  const slot = (name: string): Map<string, HostTensor> =>
    cutTensors(
      new Map(
        [...before.slots!].map(([path, slots]) => [path, hostTensor(slots[name]!, [...shapes.get(path)!])]),
      ),
      bertConfigOf(model),
      cut,
    );
  const [m, v] = [slot('m'), slot('v')];
  const moments = new Map(
    [...m].map(([path, { data }]) => [
      path,
      { m: data as Float32Array, v: v.get(path)!.data as Float32Array },
    ]),
  );
  await trained(smaller, [3, 4], moments);
  await trained(model, [3, 4], before.slots);
  const xs = batch();
  const [expected, found] = [model, smaller].map((each) => [...forward(each, xs, false).dataSync()]);
  found!.forEach((logit, i) => expect(logit).toBeCloseTo(expected![i]!, 4));
});

test('a shrunken model is exported: its file answers as it does, at any length', async () => {
  const model = bert(tiny('bert'));
  shake(model);
  const smaller = shrink(model, cut);
  const file = await inferenceOf(smaller, { threads: 1 });
  for (const time of [4, 2]) {
    const xs = batch().map((x) => x.slice([0, 0], [-1, time]));
    const { data } = await file.predict(xs.map((x) => hostOf(x)));
    forward(smaller, xs, false)
      .dataSync()
      .forEach((logit, i) => expect(data[i]).toBeCloseTo(logit, 5));
  }
  await file.dispose();
});
