import * as tf from '@tensorflow/tfjs';
import { allLabels, type Batch } from '../../datasets/batch';
import { atClock } from '../../lib/core/clock';
import { configured } from '../../lib/core/config';
import { undoOnFailure } from '../../lib/core/conclude';
import { hostOf, HostTensor, isArrayOf, readHost } from '../../lib/core/host-tensor';
import { toTensor } from '../../lib/core/to-tensor';
import { compressedOf } from '../../lib/compress/compressed';
import { forwardThrough } from '../../lib/forward/forward';
import { weightsOf } from '../../lib/core/weights';
import { Engine, EngineFactory, expectToTrain, objective, START } from '../engine';
import { checkedInference, type Inference } from '../inference';
import type { Parameters } from '../parameters';
import { borrowBackend } from './borrowed-backend';

/** Options of {@link eagerEngine}. */
export interface EagerEngineOptions {
  /** A tfjs backend: `wasm` (default), `cpu`, `tensorflow`, or one that you registered, such as `webgpu`. */
  readonly backend?: string;
}

/**
 * Runs the model op by op on a tfjs backend, as `model.fit` would; gradients are copied into the parameters' gradient memory. The
 * backend is tfjs's current one from the factory's call on, and the one before is again after `dispose`.
 *
 * @throws UserError (from the factory) if there is no such backend.
 * @example const engine = eagerEngine({ backend: 'cpu' }); // for train({ engine, ... })
 */
export function eagerEngine({ backend = 'wasm' }: EagerEngineOptions = {}): EngineFactory {
  const factory: EngineFactory = async (subject, parameters, loss) => {
    const compressed = compressedOf(subject);
    const { model } = compressed;
    settleArrays(model);
    const borrowed = await borrowBackend(backend);
    await undoOnFailure(async () => parameters.upload(), borrowed.giveBack);
    return {
      description: `eager (tfjs ${tf.version.tfjs}, backend ${backend})`,
      async gradients(batch, { accumulate, clock = START }) {
        expectToTrain(compressed);
        borrowed.use();
        const objectiveOf = (xs: tf.Tensor[], labels: tf.Tensor[]) =>
          atClock(clock, () => objective(model, loss, xs, labels));
        return gradients(objectiveOf, parameters, batch, accumulate);
      },
      async inference() {
        const answers = async (xs: readonly HostTensor[], several: boolean) => {
          borrowed.use();
          return predict(model, xs, several);
        };
        const inference: Inference = {
          predict: async (xs) => (await answers(xs, false))[0]!,
          outputs: (xs) => answers(xs, true),
          dispose: async () => undefined,
        };
        return checkedInference(inference, model);
      },
      use: () => borrowed.use(),
      dispose: () => borrowed.giveBack(),
    } satisfies Engine;
  };
  return configured(factory, 'eagerEngine', { backend });
}

/**
 * Gives weights whose array is not of their dtype one that is: tfjs moves an array to another backend as bits, where integers that
 * the cpu backend calls floats would be other numbers.
 */
function settleArrays(model: tf.LayersModel): void {
  for (const { variable } of weightsOf(model)) {
    if (isArrayOf(variable.dtype, variable.dataSync())) continue;
    tf.tidy(() => variable.assign(toTensor(hostOf(variable))));
  }
}

async function gradients(
  objectiveOf: (xs: tf.Tensor[], labels: tf.Tensor[]) => tf.Scalar,
  parameters: Parameters,
  batch: Batch,
  adding: boolean,
): Promise<number> {
  const variables = parameters.list.map(({ variable }) => variable);
  const { value, grads } = tf.tidy(() => {
    const [inputs, labels] = [batch.xs, allLabels(batch)].map((tensors) => tensors.map(toTensor)) as [
      tf.Tensor[],
      tf.Tensor[],
    ];
    return tf.variableGrads(() => objectiveOf(inputs, labels), variables);
  });
  for (const parameter of parameters.list) {
    const gradient = grads[parameter.variable.name];
    const values = gradient && ((await readHost(gradient)).data as Float32Array);
    if (!adding) parameter.setGradient(values);
    else if (values) parameter.addGradient(values);
  }
  const [mean] = await value.data();
  tf.dispose([value, grads]);
  return mean as number;
}

async function predict(
  model: tf.LayersModel,
  xs: readonly HostTensor[],
  several: boolean,
): Promise<HostTensor[]> {
  const outputs = tf.tidy(() => forwardThrough(model, xs.map(toTensor), { pass: 'inference', several }));
  const hosts = await Promise.all(outputs.map(readHost));
  tf.dispose(outputs);
  return hosts.map((host) => ({ ...host, data: host.data.slice() }));
}
