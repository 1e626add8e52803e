import { identityOf } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import { globalDistribution } from '../../lib/pruning/distribution';
import type { MaskSet } from '../../lib/pruning/mask';
import { prune } from '../../lib/pruning/prune';
import { defaultTargets } from '../../lib/pruning/targets';
import { expectWhole } from '../../lib/pruning/window';
import { earlyBird, EarlyBirdOptions, expectTime } from '../callbacks/early-bird';
import { densePhase } from './dense';
import type { LotteryTicketOptions } from './lottery-ticket-options';
import type { Phase, States } from './phase';
import { runPhases } from './phases';
import { Outcome, stepsOf } from './setup';
import type { Place, TicketPlan } from './ticket';
import { denseOf, expectTickets, ticketChain, withDefaults } from './ticket-chain';
import { masksIn, prunableIn } from './ticket-state';

export type { LotteryTicketOptions } from './lottery-ticket-options';

/**
 * Iterative magnitude pruning with rewinding. Per seed: train the dense model; then, level by level, prune the weights of smallest
 * magnitude among those left, rewind (`resetWeights`, `lateResetting`, `learningRateRewinding`), and train again. The data order, dropout
 * and the learning-rate schedule start anew at every level, or go on from the step that they are rewound to, so that only the weights differ.
 *
 * Controls at a level: see `ControlName`. The dense model is trained for the setup's steps, and so is every ticket, but for those that a
 * schedule goes on after.
 *
 * Every level has a folder. A finished level is never trained again, also where more of them are asked for later, and a broken one goes on
 * from its checkpoint.
 *
 * Frankle & Carbin, 2019 (arXiv:1803.03635); on BERT: Chen et al., 2020 (arXiv:2007.12223).
 *
 * @returns the outcomes, by seed, level and method (`dense` or `ticket`, then controls); after the dense one `early-bird`, if asked for, and
 * `dense-again` at the end of a seed.
 * @throws UserError for levels, steps and controls that do not fit.
 *
 * @example
 * const outcomes = await lotteryTicket({ setup, folder, seeds: [0, 1, 2], levels: 7, sparsity: fractionOfRemaining(0.2), head: 'rewound' });
 * winningTickets(outcomes, 'accuracy')?.sparsest; // { level: 6, sparsity: 0.737856, … }
 */
export async function lotteryTicket(options: LotteryTicketOptions): Promise<Outcome[]> {
  const filled = filledIn(options);
  expectLottery(filled);
  const plan = planOf(filled);
  const { seeds, rewinding, controls = [] } = filled;
  return runPhases(
    filled,
    seeds.flatMap((seed) =>
      ticketChain(plan, denseOf(seed, rewinding), { ...filled, controls, search: searchOf(filled, seed) }),
    ),
  );
}

const filledIn = <T extends Omit<LotteryTicketOptions, 'folder'>>(options: T) => ({
  ...withDefaults(options),
  distribution: options.distribution ?? globalDistribution(),
});

type Filled = ReturnType<typeof filledIn<Omit<LotteryTicketOptions, 'folder'>>>;

function planOf(options: Filled): TicketPlan {
  const { sparsity, distribution } = options;
  return {
    ...options,
    identity: ({ level }) => ({ sparsity: sparsity(level), distribution: identityOf(distribution) }),
    masks: (states, place) => prunedMasks(options, place, states),
  };
}

/** What a level prunes of what the one before has learned. */
async function prunedMasks(
  { sparsity, distribution }: Filled,
  { level }: Place,
  states: States,
): Promise<MaskSet> {
  const targets = defaultTargets(await states.model());
  const weights = new Map(targets.map(({ path }) => [path, prunableIn(states.before, path)]));
  return prune(sparsity(level), weights, masksIn(states.before), { distribution });
}

/** The dense training up to where the first level's masks are settled. */
function searchOf(options: Filled, seed: number): Phase | undefined {
  if (!options.earlyBird) return undefined;
  const bird = birdOf(options, options.earlyBird);
  return densePhase(seed, {
    label: { method: 'early-bird', role: 'control', seed, level: 0 },
    identity: identityOf(earlyBird(bird)),
    handsOn: true,
    callbacks: () => [earlyBird(bird)],
  });
}

const birdOf = (
  { sparsity, distribution }: Filled,
  own: NonNullable<LotteryTicketOptions['earlyBird']>,
): EarlyBirdOptions => ({ ...own, sparsity: sparsity(1), distribution });

/** @throws UserError for what `lotteryTicket` would refuse before it trains anything. */
export function expectLottery(given: Omit<LotteryTicketOptions, 'folder'>): void {
  const options = filledIn(given);
  const { levels, sparsity, controls = [], earlyBird: bird, setup, seeds } = options;
  expectWhole('levels of a lottery ticket', levels, 0);
  for (let level = 1; level <= levels; level++) {
    const [before, target] = [level === 1 ? 0 : sparsity(level - 1), sparsity(level)];
    if (target > before && target < 1) continue;
    throw new UserError(
      `Expected the sparsity of every level above the one before and below 1, got ${target} at level ${level} ` +
        `after ${before}; use fewer levels or a smaller fraction.`,
    );
  }
  const stray = controls.find((level) => !Number.isInteger(level) || level < 1 || level > levels);
  if (stray !== undefined) throw new UserError(`Expected controls at levels 1 to ${levels}, got ${stray}.`);
  expectTickets(options);
  if (!bird) return;
  earlyBird(birdOf(options, bird)); // says what is wrong with it
  const stepsPerEpoch = setup.data(seeds[0]!).batchesPerEpoch;
  expectTime(bird, { totalSteps: stepsOf(setup, seeds[0]!), stepsPerEpoch });
}
