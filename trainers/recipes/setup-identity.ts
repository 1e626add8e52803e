import { createHash } from 'node:crypto';
import { digestOf } from '../../datasets/digest';
import type { Json } from '../../lib/core/config';
import { identityOf } from '../../lib/core/config';
import type { ModelState } from '../model-state';
import { Setup, stepsOf } from './setup';

/** What decides everything that a setup's trainings come to, of one seed: the first weights and the data by their contents. */
export async function setupIdentity(setup: Setup, seed: number, first: ModelState): Promise<Json> {
  const { dev, metrics, loss, optimizer, learningRate, clipNorm = null, engine } = setup;
  const steps = stepsOf(setup, seed);
  return {
    seed,
    steps,
    firstWeights: digestOfState(first),
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

/** The first 16 hexadecimal digits of the sha256 of all tensors and their names. */
function digestOfState(state: ModelState): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of Object.entries(state)) {
    hash.update(`${name}[${shape.join()}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}
