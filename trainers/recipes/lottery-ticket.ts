import { UserError } from '../../lib/core/errors';
import { Label, Outcome, stepsOf } from './setup';
import type { LotteryTicketOptions } from './lottery-ticket-options';
import { openTicket, Ticket, trainLevel } from './ticket';
import { training } from './trainings';

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
export async function lotteryTicket(options: LotteryTicketOptions): Promise<Outcome[]> {
  validate(options);
  const labels = labelsOf(options);
  const outcomes: Outcome[] = [];
  for (const seed of options.seeds) {
    const own = labels.filter((label) => label.seed === seed);
    outcomes.push(...(await chain(options, own)));
  }
  return outcomes;
}

const ROLES = { dense: 'baseline', ticket: 'method', random: 'control', reinit: 'control' } as const;

function labelsOf({ seeds, levels, controls = [] }: LotteryTicketOptions): Label[] {
  const labels = seeds.flatMap((seed) =>
    Array.from({ length: levels + 1 }, (_, level) =>
      methodsOf(level, controls.includes(level)).map((method) => ({
        method,
        role: ROLES[method],
        seed,
        level,
      })),
    ).flat(),
  );
  return labels.map((label, index) => ({ ...label, index, count: labels.length }));
}

const methodsOf = (level: number, controlled: boolean): (keyof typeof ROLES)[] => [
  level === 0 ? 'dense' : 'ticket',
  ...(controlled ? (['random', 'reinit'] as const) : []),
];

/** All trainings of one seed. The model is made when the first of them that is not finished needs it. */
async function chain(options: LotteryTicketOptions, labels: readonly Label[]): Promise<Outcome[]> {
  let ticket: Ticket | undefined;
  const outcomes: Outcome[] = [];
  try {
    for (const label of labels) {
      const run = async (folder: string) => {
        ticket ??= await openTicket(options, label.seed);
        return trainLevel(options, ticket, label, folder);
      };
      outcomes.push(await training(options, label, run));
    }
  } finally {
    ticket?.dispose();
  }
  return outcomes;
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
