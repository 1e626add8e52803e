import { describeIntegerPath, integerPath } from '../lib/compile/probe';
import { qat } from '../trainers/recipes/qat';
import { experiment, print } from './experiment';
import { footprintRuns } from './footprint-runs';
import { main } from './main';
import { readOptions, Script, usualDefaults } from './options';
import { FREEZE_OBSERVERS_AT, qatMethods, qatOptions, QatScriptOptions } from './qat-methods';

const own: Omit<QatScriptOptions, 'bits'> = { method: ['qat'], delay: 0 };

const script: Script<QatScriptOptions> = {
  name: 'qat-bert',
  summary:
    'Trains a BERT classifier for quantized weights and activations, int8 by default, beside the dense one, and scores it as its file runs.',
  defaults: {
    ...usualDefaults(own),
    quick: { epochs: 3 },
  },
  own: qatOptions(),
};

void main((argv) => {
  const methods = qatMethods(readOptions(script, argv));
  return experiment(script, argv, async ({ options: { seed, threads, delay }, ...recipe }) => {
    print(`integer ${describeIntegerPath(await integerPath())}`);
    const when = { beginAt: delay, freezeObserversAt: FREEZE_OBSERVERS_AT };
    return qat({
      ...recipe,
      ...when,
      seed,
      methods,
      inference: { threads },
      footprint: footprintRuns(threads),
    });
  });
});
