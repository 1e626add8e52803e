import { ptq } from '../trainers/recipes/ptq';
import { experiment } from './experiment';
import { footprintRuns } from './footprint-runs';
import { main } from './main';
import { Script, usualDefaults } from './options';
import { PTQ_DEFAULTS, ptqMethods, PtqOptions, ptqOptions } from './ptq-methods';
import { tokenRows } from './token-rows';

const script: Script<PtqOptions> = {
  name: 'ptq-bert',
  summary:
    'Quantizes a trained BERT without training: dynamically, with calibrated ranges, or its weights alone, and scores the files.',
  leastEpochs: 0,
  defaults: {
    ...usualDefaults(PTQ_DEFAULTS),
    quick: { epochs: 3 },
  },
  own: ptqOptions(),
};

void main((argv) =>
  experiment(script, argv, async ({ options, setup, folder, listener }) => {
    const { seed, threads, calibration } = options;
    const methods = ptqMethods(options);
    return ptq({
      setup,
      folder,
      listener,
      seed,
      methods,
      calibration,
      rows: tokenRows,
      inference: { threads },
      footprint: footprintRuns(threads),
    });
  }),
);
