import { Option } from 'commander';
import { compareOrders } from '../trainers/recipes/compare-orders';
import { stepsOf } from '../trainers/recipes/setup';
import { experiment, print } from './experiment';
import { footprintRuns } from './footprint-runs';
import { main } from './main';
import { readOptions, Script, TrainingOptions, usualDefaults } from './options';
import { expectOwnRate } from './optimizer-options';
import { fraction, positive, whole } from './parse';
import { distributionNamed, distributionOption } from './pruning-methods';
import { BITS, FREEZE_OBSERVERS_AT, QatScriptOptions, schemeOf } from './qat-methods';
import { describeClaim } from './size-claim';
import { warmedUp } from './task';
import { tokenRows } from './token-rows';

/** Where pruning begins and ends in its training, as shares of it, and how often the masks change in between. */
const [BEGIN, END, UPDATES] = [0.1, 0.7, 30];

interface OrdersScriptOptions {
  readonly sparsity: number;
  readonly bits: NonNullable<QatScriptOptions['bits']>[number];
  /** Epochs after the dense model's, for every row. */
  readonly train: number;
  readonly distribution: string;
  /** The peak learning rate of the trainings that prune. */
  readonly pruningRate: number;
  /** What the trainings after the dense model's learn from beside labels, unless it is a --teacher. */
  readonly learnFrom: (typeof TEACHERS)[number];
}

const TEACHERS = ['labels', 'dense'] as const;

const own: OrdersScriptOptions = {
  ...{ sparsity: 0.8, bits: '7', train: 2 },
  ...{ distribution: 'global', pruningRate: 1e-3, learnFrom: 'labels' },
};

/** What keeps most of a score where much is pruned, as in gradual-pruning-bert. */
const onRealData: Partial<OrdersScriptOptions> = {
  distribution: 'uniform',
  pruningRate: 5e-4,
  learnFrom: 'dense',
};

const { toy, glue } = usualDefaults(own);

const script: Script<OrdersScriptOptions> = {
  name: 'compare-orders-bert',
  summary:
    'Prunes a BERT and trains it for quantization in either order and at once, beside each alone, the dense model trained for as long, and ' +
    'a quantized model of fewer layers that takes as many bytes after gzip.',
  leastEpochs: 0,
  defaults: { toy, glue: { ...glue, ...onRealData }, quick: { epochs: 2 } },
  own: [
    new Option('--sparsity <fraction>', 'of the weights that are pruned').argParser(fraction),
    new Option('--bits <n>', 'bits of a weight: 8 or 7, with int8 activations; 4 or 2, with floats').choices(
      BITS,
    ),
    new Option(
      '--train <epochs>',
      'what every row gets after the dense model; two trainings share them',
    ).argParser(whole(2)),
    distributionOption(),
    new Option('--pruning-rate <rate>', 'peak learning rate of the trainings that prune').argParser(positive),
    new Option(
      '--learn-from <what>',
      'what the trainings after the dense model learn from beside labels: nothing, or the dense model as it was, or --teacher',
    ).choices(TEACHERS),
  ],
};

/** @throws UserError for a rate that is AdamW's, with another optimizer. */
function expectRates(options: TrainingOptions & OrdersScriptOptions): void {
  const usual = script.defaults[options.task === 'toy' ? 'toy' : 'glue'];
  if (options.pruningRate === usual.pruningRate) expectOwnRate('--pruning-rate', options.optimizer);
}

void main((argv) => {
  expectRates(readOptions(script, argv));
  return experiment(script, argv, async ({ options, task, ...recipe }) => {
    const { seed, threads, sparsity, bits, train } = options;
    const steps = stepsOf({ ...recipe.setup, epochs: train }, seed);
    const outcomes = await compareOrders({
      ...{ ...recipe, seed, train, sparsity, begin: BEGIN, end: END, rows: tokenRows },
      frequency: Math.ceil(((END - BEGIN) * steps) / 2 / UPDATES),
      rules: schemeOf('qat', bits),
      distribution: distributionNamed(options.distribution),
      pruningRate: warmedUp(options.pruningRate, options),
      teaching: options.learnFrom === 'dense' ? task.taughtByItself : undefined,
      freezeObserversAt: FREEZE_OBSERVERS_AT,
      inference: { threads },
      footprint: footprintRuns(threads),
    });
    const claim = describeClaim(outcomes, 'joint', { sparsity, bits: bits === '7' ? 8 : Number(bits) }); // 7 bits lie in 8
    print(`\n${claim}`);
    return { outcomes, sections: [{ heading: 'Smaller by how much', text: claim }] };
  });
});
