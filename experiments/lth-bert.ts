import { Option } from 'commander';
import { fractionOfOriginal, fractionOfRemaining } from '../lib/pruning/rewind';
import { lotteryTicket } from '../trainers/recipes/lottery-ticket';
import { experiment } from './experiment';
import { main } from './main';
import type { Script } from './options';
import { fraction, whole } from './parse';

interface LotteryOptions {
  readonly seeds: number;
  readonly levels: number;
  /** Pruned per level, as a share of what `of` says. */
  readonly prune: number;
  readonly of: 'remaining' | 'original';
  readonly rewindStep: number;
  readonly head: 'rewound' | 'kept';
}

/** 35 % of the remaining weights per level, rewound to the first weights: 7 levels leave 5 %. */
const LOTTERY: LotteryOptions = {
  seeds: 3,
  levels: 7,
  prune: 0.35,
  of: 'remaining',
  rewindStep: 0,
  head: 'rewound',
};
/** How many of the last levels get controls. */
const CONTROLS = 2;

const script: Script<LotteryOptions> = {
  name: 'lth-bert',
  summary:
    'Looks for lottery tickets in a BERT: trains, prunes the smallest weights, rewinds the rest, and trains again.',
  defaults: {
    toy: { epochs: 3, batchSize: 32, learningRate: 1e-3, maxLength: 32, ...LOTTERY },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, ...LOTTERY, prune: 0.2 },
    quick: { epochs: 2, seeds: 2, levels: 2, prune: 0.7 },
  },
  own: [
    new Option('--seeds <n>', 'chains of levels, from --seed on').argParser(whole(1)),
    new Option('--levels <n>', 'times to prune').argParser(whole(1)),
    new Option('--prune <fraction>', 'what a level prunes, as a share').argParser(fraction),
    new Option('--of <weights>', 'of what that is a share').choices(['remaining', 'original']),
    new Option('--rewind-step <n>', 'step of the dense training to rewind to').argParser(whole(0)),
    new Option('--head <fate>', 'what happens to the classifier between levels').choices(['rewound', 'kept']),
  ],
};

const SPARSITY = { remaining: fractionOfRemaining, original: fractionOfOriginal };

void main((argv) =>
  experiment(script, argv, ({ options, task, ...recipe }) => {
    const { seed, seeds, levels, prune, of, rewindStep, head } = options;
    return lotteryTicket({
      ...recipe,
      seeds: Array.from({ length: seeds }, (_, i) => seed + i),
      levels,
      sparsity: SPARSITY[of](prune),
      rewindStep,
      head,
      controls: Array.from({ length: Math.min(CONTROLS, levels) }, (_, i) => levels - i),
      reinitialized: task.randomModel,
    });
  }),
);
