import { describeIntegerPath, integerPath } from '../lib/compile/probe';
import { qat } from '../trainers/recipes/qat';
import { experiment, print } from './experiment';
import { main } from './main';
import type { Script } from './options';

/** Observers freeze after this share of the training. */
const FREEZE_OBSERVERS_AT = 0.8;

const script: Script = {
  name: 'qat-bert',
  summary:
    'Trains a BERT classifier for int8 weights and activations, beside the dense one, and scores it on integer kernels.',
  defaults: {
    toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32 },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128 },
    quick: { epochs: 2 },
  },
};

void main((argv) =>
  experiment(script, argv, async ({ options: { seed, threads }, ...recipe }) => {
    print(`integer ${describeIntegerPath(await integerPath())}`);
    return qat({ ...recipe, seed, freezeObserversAt: FREEZE_OBSERVERS_AT, inference: { threads } });
  }),
);
