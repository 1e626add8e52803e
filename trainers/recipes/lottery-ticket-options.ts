import type { Distribution } from '../../lib/pruning/distribution';
import type { Levels } from '../../lib/pruning/rewind';
import type { RecipeOptions, Setup } from './setup';

export interface LotteryTicketOptions extends RecipeOptions {
  /** Each has its own chain of levels, from its own first weights: a ticket belongs to its initialization. */
  readonly seeds: readonly number[];
  /** Levels after the dense one, which is level 0. */
  readonly levels: number;
  /**
   * The sparsity of each level: `fractionOfRemaining(0.2)` is "20 % of remaining per level", `fractionOfOriginal(0.1)` is "10 % of
   * original per level".
   */
  readonly sparsity: Levels;
  /** How a level's sparsity is shared among the weights: `globalDistribution()` (the default) or `uniformDistribution()`. */
  readonly distribution?: Distribution;
  /** The optimizer step of the dense training that weights are rewound to; 0, the first weights, by default. */
  readonly rewindStep?: number;
  /** Whether the classifier is rewound like all other weights, or goes on from level to level as it was trained. */
  readonly head: 'rewound' | 'kept';
  /** Levels that are also trained with random masks and with re-initialized weights; none by default. */
  readonly controls?: readonly number[];
  /** First weights of the re-initialized control; `setup.model`, at another seed, by default. Must be random, not pretrained. */
  readonly reinitialized?: Setup['model'];
}
