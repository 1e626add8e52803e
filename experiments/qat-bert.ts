import { describeIntegerPath, integerPath } from '../lib/compile/probe';
import { qat } from '../trainers/recipes/qat';
import { experiment, print } from './experiment';
import { main } from './main';
import { readOptions, Script } from './options';
import { FREEZE_OBSERVERS_AT, qatOptions, QatScriptOptions, schemeOf } from './qat-methods';

const own = { method: 'qat', delay: 0 } as const;

const script: Script<QatScriptOptions> = {
  name: 'qat-bert',
  summary:
    'Trains a BERT classifier for quantized weights and activations, int8 by default, beside the dense one, and scores it as its file runs.',
  defaults: {
    toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32, ...own },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, ...own },
    quick: { epochs: 2 },
  },
  own: qatOptions(),
};

void main((argv) => {
  const rules = schemeOf(readOptions(script, argv));
  return experiment(script, argv, async ({ options: { seed, threads, method, delay }, ...recipe }) => {
    print(`integer ${describeIntegerPath(await integerPath())}`);
    const when = { beginAt: delay, freezeObserversAt: FREEZE_OBSERVERS_AT };
    return qat({ ...recipe, ...when, seed, method, rules, inference: { threads } });
  });
});
