import { digestOf } from '../../datasets/digest';
import type { Json } from '../../lib/core/config';
import { identityOf } from '../../lib/core/config';
import { digestOfTensors } from '../../lib/core/tensors-digest';
import type { ModelState } from '../model-state';
import { Setup, stepsOf } from './setup';

/** What decides everything that a setup's trainings come to, of one seed: the first weights and the data by their contents. */
export async function setupIdentity(setup: Setup, seed: number, first: ModelState): Promise<Json> {
  const { dev, metrics, loss, optimizer, learningRate, clipNorm = null, engine } = setup;
  const steps = stepsOf(setup, seed);
  return {
    seed,
    steps,
    firstWeights: digestOfTensors(Object.entries(first)),
    data: await digestOf(setup.data(seed)),
    dev: await digestOf(dev),
    metrics: Object.keys(metrics),
    loss: identityOf(loss),
    optimizer: identityOf(optimizer),
    learningRate: steps > 0 ? identityOf(learningRate(steps)) : null,
    clipNorm,
    engine: identityOf(engine),
  };
}
