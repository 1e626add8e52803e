import { digestOf } from '../datasets/digest';
import type { Json } from '../lib/core/config';
import { identityOf } from '../lib/core/config';
import { weightsOf } from '../lib/core/weights';
import type { Engine } from './engine';
import type { TrainOptions } from './train-options';

/** What decides the bits of a training, beside the values that the model begins with. */
export type Identity = Readonly<Record<string, Json>>;

/**
 * What a training is, as plain data: its parts by their configs, its data by their contents. The number of steps is not part of it: a
 * finished training can be made longer.
 */
export async function trainingIdentity(
  options: TrainOptions,
  { description }: Pick<Engine, 'description'>,
): Promise<Identity> {
  const { model, data, dev, metrics = {}, loss, optimizer, learningRate, callbacks = [] } = options;
  const { seed = 0, startStep = 0, accumulation = 1, clipNorm = null } = options;
  return {
    frozen: weightsOf(model).flatMap(({ path, trainable }) => (trainable ? [] : [path])),
    engine: description,
    data: await digestOf(data),
    dev: dev ? await digestOf(dev) : null,
    metrics: Object.keys(metrics),
    loss: identityOf(loss),
    optimizer: identityOf(optimizer),
    learningRate: identityOf(learningRate),
    ...{ seed, startStep, accumulation, clipNorm },
    callbacks: Object.fromEntries(
      callbacks.flatMap((callback) => (callback.config ? [[callback.name, identityOf(callback)]] : [])),
    ),
  };
}
