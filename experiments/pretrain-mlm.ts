import { Option } from 'commander';
import { bertSizes } from '../lib/models/bert-config';
import { finetune } from '../trainers/recipes/finetune';
import { experiment } from './experiment';
import { main } from './main';
import type { Script } from './options';
import { absolute, whole } from './parse';
import { openPretraining, PretrainingOptions } from './pretraining';
import { stoppingOf } from './stopping';

const script: Script<PretrainingOptions> = {
  name: 'pretrain-mlm',
  summary: "Pretrains a BERT on text, by guessing hidden words: a start for other scripts' --model.",
  defaults: {
    toy: { epochs: 30, batchSize: 32, learningRate: 1e-3, maxLength: 32, size: 'tiny', vocabSize: 8000 },
    glue: { epochs: 10, batchSize: 32, learningRate: 5e-4, maxLength: 128, size: 'mini', vocabSize: 8000 },
    quick: { epochs: 5, size: 'tiny' },
  },
  mayStop: true,
  own: [
    new Option('--text <file>', "plain text to learn from, instead of a task's sentences")
      .argParser(absolute)
      .conflicts(['task', 'data', 'dataDir']),
    new Option('--size <name>', 'of a BERT from scratch').choices(Object.keys(bertSizes)),
    new Option('--vocab-size <n>', 'pieces of a vocabulary made from the text').argParser(whole(10)),
  ],
};

void main((argv) =>
  experiment(
    script,
    argv,
    ({ options: { seed, earlyStopping }, task, ...recipe }) =>
      finetune({ ...recipe, seed, stopping: stoppingOf(earlyStopping, task) }),
    { open: openPretraining },
  ),
);
