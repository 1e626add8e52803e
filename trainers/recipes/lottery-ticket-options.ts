import type { Distribution } from '../../lib/pruning/distribution';
import type { Levels } from '../../lib/pruning/rewind';
import type { EarlyBirdOptions } from '../callbacks/early-bird';
import type { ControlName } from './control-names';
import type { Rewinding } from './rewinding';
import type { RecipeOptions, Setup } from './setup';

/** How tickets are trained, and what beside them. */
export interface TicketOptions extends RecipeOptions {
  /** Each has its own dense model and tickets, from its own first weights: a ticket belongs to its initialization. */
  readonly seeds: readonly number[];
  /** What goes back before a ticket is trained; `resetWeights(0)`, to the first weights, by default. */
  readonly rewinding?: Rewinding;
  /** Whether the classifier is rewound like all other weights, or goes on from level to level as it was trained. */
  readonly head: 'rewound' | 'kept';
  /** What controls there are, where there are any; `shuffled` and `reinit` by default. */
  readonly controlsBy?: readonly ControlName[];
  /** First weights of the re-initialized control; `setup.model`, at another seed, by default. Must be random, not pretrained. */
  readonly reinitialized?: Setup['model'];
}

/** Options of {@link lotteryTicket}. */
export interface LotteryTicketOptions extends TicketOptions {
  /** Levels after the dense one, which is level 0. One level is one-shot pruning. */
  readonly levels: number;
  /**
   * The sparsity of each level: `fractionOfRemaining(0.2)` is "20 % of remaining per level", `fractionOfOriginal(0.1)` is "10 % of
   * original per level".
   */
  readonly sparsity: Levels;
  /** How a level's sparsity is shared among the weights: `globalDistribution()` (the default) or `uniformDistribution()`. */
  readonly distribution?: Distribution;
  /** Levels that also have controls; none by default. */
  readonly controls?: readonly number[];
  /**
   * Draws the first level's masks of a dense training that ends as soon as they are settled, `early-bird` in the rows, beside the whole one
   * that scores are compared with. By default they are drawn at that one's end.
   */
  readonly earlyBird?: Omit<EarlyBirdOptions, 'sparsity' | 'distribution'>;
}
