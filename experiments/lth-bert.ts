import { Option } from 'commander';
import { UserError } from '../lib/core/errors';
import { fractionOfOriginal, fractionOfRemaining } from '../lib/pruning/rewind';
import { CONTROL_NAMES, ControlName } from '../trainers/recipes/control-names';
import { expectLottery, lotteryTicket } from '../trainers/recipes/lottery-ticket';
import { lateResetting, learningRateRewinding, resetWeights } from '../trainers/recipes/rewinding';
import { stepsOf } from '../trainers/recipes/setup';
import { transferTicket } from '../trainers/recipes/transfer-ticket';
import { Experiment, experiment } from './experiment';
import { main } from './main';
import { readOptions, Script, TrainingOptions } from './options';
import { absolute, eachOnce, fraction, whole } from './parse';
import type { Task } from './task';
import { ticketOf } from './ticket-source';

interface LotteryOptions {
  readonly seeds: number;
  readonly levels: number;
  /** Pruned per level, as a share of what `of` says. */
  readonly prune: number;
  readonly of: keyof typeof SPARSITY;
  readonly rewind: keyof typeof REWINDING;
  readonly rewindStep: number;
  readonly head: 'rewound' | 'kept';
  readonly controls?: readonly ControlName[];
  /** Distance of masks that counts as settled. */
  readonly earlyBird?: number;
  /** Steps between two masks. */
  readonly earlyBirdEvery?: number;
  /** A run, one of its tickets, or a file of masks. */
  readonly ticket?: string;
}

const SPARSITY = { remaining: fractionOfRemaining, original: fractionOfOriginal };
const REWINDING = {
  weights: resetWeights,
  'late-resetting': lateResetting,
  'learning-rate': learningRateRewinding,
};

/** 35 % of the remaining weights per level, rewound to the first weights: 7 levels leave 5 %. */
const LOTTERY: LotteryOptions = {
  seeds: 3,
  levels: 7,
  prune: 0.35,
  of: 'remaining',
  rewind: 'weights',
  rewindStep: 0,
  head: 'rewound',
};
/** Masks of an early bird in a training, at least, so that five distances can settle well before its end. */
const MASKS = 12;
/** How many of the last levels get controls. */
const CONTROLLED = 2;

const script: Script<LotteryOptions> = {
  name: 'lth-bert',
  summary:
    'Looks for lottery tickets in a BERT: trains, prunes the smallest weights, rewinds the rest, and trains again.',
  defaults: {
    toy: { epochs: 3, batchSize: 32, learningRate: 1e-3, maxLength: 32, ...LOTTERY },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, ...LOTTERY, prune: 0.2 },
    quick: { epochs: 2, seeds: 2, levels: 2, prune: 0.7 },
  },
  grows: ['levels', 'seeds'],
  own: [
    new Option('--seeds <n>', 'chains of levels, from --seed on').argParser(whole(1)),
    new Option('--levels <n>', 'times to prune; 1 is one-shot; controls stand at the last two').argParser(
      whole(1),
    ),
    new Option('--prune <fraction>', 'what a level prunes, as a share').argParser(fraction),
    new Option('--of <weights>', 'of what that is a share').choices(Object.keys(SPARSITY)),
    new Option(
      '--rewind <what>',
      'what goes back to the step: weights, with the schedule anew; late-resetting, weights and schedule; learning-rate, the schedule alone',
    ).choices(Object.keys(REWINDING)),
    new Option(
      '--rewind-step <n>',
      'step of the dense training to rewind to; 0 is how it begins, with pretrained weights where --model has them',
    ).argParser(whole(0)),
    new Option('--head <fate>', 'what happens to the classifier between levels').choices(['rewound', 'kept']),
    eachOnce(
      new Option(
        '--controls <name...>',
        'what stands beside the last two levels: random masks; masks shuffled inside of layers; reinit, other first weights; dense-again, ' +
          'without masks but as often trained (default: shuffled reinit)',
      ).choices(CONTROL_NAMES),
    ),
    new Option(
      '--early-bird <distance>',
      'draw the first ticket of a dense training that ends when five masks in a row differ by less than this share of their values',
    ).argParser(fraction),
    new Option(
      '--early-bird-every <n>',
      'steps between two such masks (default: an epoch, but a twelfth of the training at most)',
    ).argParser(whole(1)),
    new Option(
      '--ticket <run or masks>',
      'look for no ticket, but train under one of another task: the sparsest winning one of a run of this script, that of a folder such as ' +
        '<run>/seed-0/ticket-3, or a file of masks',
    )
      .argParser(absolute)
      .implies({ levels: undefined, prune: undefined, of: undefined }) // which say nothing about it
      .conflicts(['levels', 'prune', 'of', 'earlyBird', 'earlyBirdEvery']),
  ],
};

const seedsOf = ({ seed, seeds }: { readonly seed: number; readonly seeds: number }) =>
  Array.from({ length: seeds }, (_, i) => seed + i);

const readEach = <T>(seeds: readonly number[], read: (seed: number) => T): ReadonlyMap<number, T> =>
  new Map(seeds.map((seed) => [seed, read(seed)]));

/** How tickets are trained. */
const ticketsOf = (options: TrainingOptions & LotteryOptions, { setup, randomModel }: Task) => ({
  setup,
  seeds: seedsOf(options),
  rewinding: REWINDING[options.rewind](options.rewindStep),
  head: options.head,
  controlsBy: options.controls,
  reinitialized: randomModel,
});

/** How they are looked for. */
function levelsOf(options: TrainingOptions & LotteryOptions, { setup }: Task) {
  const { seed, levels, prune, of, earlyBird: threshold, earlyBirdEvery } = options;
  const epoch = setup.data(seed).batchesPerEpoch;
  const every = earlyBirdEvery ?? Math.max(1, Math.min(epoch, Math.floor(stepsOf(setup, seed) / MASKS)));
  return {
    levels,
    sparsity: SPARSITY[of](prune),
    controls: Array.from({ length: Math.min(CONTROLLED, levels) }, (_, i) => levels - i),
    earlyBird: threshold === undefined ? undefined : { threshold, every },
  };
}

void main((argv) => {
  const asked = readOptions(script, argv);
  const { ticket, earlyBird: distance, earlyBirdEvery: every } = asked;
  if (every !== undefined && distance === undefined) {
    throw new UserError('Expected --early-bird <distance> with --early-bird-every, got none; 0.1 is usual.');
  }
  const tickets = ticket === undefined ? undefined : readEach(seedsOf(asked), ticketOf(ticket)); // before there is a folder
  const check = async (options: TrainingOptions & LotteryOptions, task: Task) => {
    if (!tickets) expectLottery({ ...ticketsOf(options, task), ...levelsOf(options, task) });
  };
  const recipe = ({ options, task, ...given }: Experiment<LotteryOptions>) => {
    const common = { ...given, ...ticketsOf(options, task) };
    return tickets
      ? transferTicket({ ...common, masks: (seed) => tickets.get(seed)! })
      : lotteryTicket({ ...common, ...levelsOf(options, task) });
  };
  return experiment(script, argv, recipe, { check });
});
