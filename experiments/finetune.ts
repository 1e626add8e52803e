import { finetune } from '../trainers/recipes/finetune';
import { experiment } from './experiment';
import { main } from './main';
import type { Script } from './options';
import { stoppingOf } from './stopping';

const script: Script = {
  name: 'finetune',
  summary: 'Trains a BERT classifier: the dense baseline of the other scripts.',
  defaults: {
    toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32 },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128 },
    quick: { epochs: 2 },
  },
  mayStop: true,
};

void main((argv) =>
  experiment(script, argv, ({ options: { seed, earlyStopping }, task, ...recipe }) =>
    finetune({ ...recipe, seed, stopping: stoppingOf(earlyStopping, task) }),
  ),
);
