import { UserError } from '../../lib/core/errors';
import { densePhase } from './dense';
import type { LotteryTicketOptions } from './lottery-ticket-options';
import type { Phase } from './phase';
import { runPhases } from './phases';
import { Outcome, stepsOf } from './setup';
import { randomPhase, reinitPhase, sparsityLog, ticketPhase } from './ticket';

export type { LotteryTicketOptions } from './lottery-ticket-options';

/**
 * Iterative magnitude pruning with rewinding. Per seed: train the dense model; then, level by level, prune the weights of smallest
 * magnitude among those left, put the others back to what they were at step `rewindStep`, and train again. The data order, dropout
 * and the learning-rate schedule start anew at every level, so that only the weights differ.
 *
 * Controls at a level: `random`, the same start with random masks of the same sparsity in every layer, and `reinit`, the same
 * masks with the first weights of another initialization (never rewound to a later step: it has none).
 *
 * Every level has a folder. A finished level is never trained again, a broken one goes on from its checkpoint.
 *
 * Frankle & Carbin, 2019 (arXiv:1803.03635); rewinding to a step: Frankle et al., 2020 (arXiv:1912.05671), which goes on with the
 * schedule from that step, where here it starts anew as in Chen et al., 2020, on BERT (arXiv:2007.12223).
 *
 * @returns the outcomes, by seed, level and method (`dense` or `ticket`, `random`, `reinit`).
 * @throws UserError for levels that do not fit.
 */
export function lotteryTicket(options: LotteryTicketOptions): Promise<Outcome[]> {
  validate(options);
  return runPhases(
    options,
    options.seeds.flatMap((seed) => chain(options, seed)),
  );
}

/** All trainings of one seed, each level after the one before. */
function chain(options: LotteryTicketOptions, seed: number): Phase[] {
  const { levels, rewindStep = 0, controls = [] } = options;
  const label = { method: 'dense', role: 'baseline', seed, level: 0 } as const;
  const keepsStep = rewindStep > 0 ? rewindStep : undefined;
  const dense = densePhase(seed, {
    label,
    handsOn: levels > 0,
    keepsStep,
    callbacks: () => [sparsityLog(new Map())],
  });
  const phases = [dense];
  let last = dense;
  for (let level = 1; level <= levels; level++) {
    const place = { seed, level, dense, after: last };
    last = ticketPhase(options, place);
    phases.push(last);
    if (controls.includes(level)) phases.push(randomPhase(options, place), reinitPhase(options, place));
  }
  return phases;
}

function validate({
  setup,
  seeds,
  levels,
  sparsity,
  rewindStep = 0,
  controls = [],
}: LotteryTicketOptions): void {
  const wholes = { levels, rewindStep, ...Object.fromEntries(seeds.map((seed) => [`seed ${seed}`, seed])) };
  for (const [name, value] of Object.entries(wholes)) {
    if (!Number.isInteger(value) || value < 0) {
      throw new UserError(
        `Expected ${name} of a lottery ticket as a whole number of at least 0, got ${value}.`,
      );
    }
  }
  if (seeds.length === 0 || new Set(seeds).size < seeds.length) {
    throw new UserError(`Expected different seeds, at least one, got ${seeds.join(', ') || 'none'}.`);
  }
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
  const steps = stepsOf(setup, seeds[0]!);
  if (rewindStep >= steps) {
    throw new UserError(`Expected rewindStep below the ${steps} steps of a training, got ${rewindStep}.`);
  }
}
