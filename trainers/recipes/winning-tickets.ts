import { UserError } from '../../lib/core/errors';
import type { Outcome } from './setup';

/** A level's tickets beside the dense models. */
export interface JudgedLevel {
  /** Of the tickets, from 1. */
  readonly level: number;
  /** Mean over the seeds. */
  readonly sparsity: number;
  /** Mean score over the seeds. */
  readonly mean: number;
  /** Whether it is at least the threshold. */
  readonly wins: boolean;
}

/** Which levels have winning tickets. */
export interface WinningTickets {
  /** Scores of the dense models. */
  readonly dense: {
    /** How many there are. */
    readonly seeds: number;
    /** Mean over the seeds. */
    readonly mean: number;
    /** Standard deviation over the seeds, over n − 1; 0 of a single one, which has none. */
    readonly deviation: number;
  };
  /** `dense.mean − dense.deviation`. */
  readonly threshold: number;
  /** In the order of levels. */
  readonly levels: readonly JudgedLevel[];
  /** The level that wins with the most zeros; absent where none wins. */
  readonly sparsest?: JudgedLevel;
}

/** What `winningTickets` reads of an {@link Outcome}. */
export type TicketOutcome = Pick<Outcome, 'method' | 'level' | 'sparsity' | 'metrics'>;

/** Means of the same scores in another order differ by this much at most. */
const ROUNDING = 1e-12;

/**
 * Judges tickets: a level wins whose mean score is at least the dense models' mean minus one standard deviation over their seeds. With one seed
 * that is the dense score itself.
 *
 * Chen et al., 2020 (arXiv:2007.12223).
 *
 * @param outcomes of `lotteryTicket` or `transferTicket`: those of `dense` at level 0 and `ticket` count.
 * @param metric of their `metrics`, the larger the better; a score that is no number never wins.
 * @returns undefined where there are no tickets, or no dense model.
 * @throws UserError for a metric that was not measured.
 *
 * @example winningTickets(outcomes, 'accuracy')?.sparsest?.level; // 6
 */
export function winningTickets(
  outcomes: readonly TicketOutcome[],
  metric: string,
): WinningTickets | undefined {
  const dense = outcomes.filter(({ method, level = 0 }) => method === 'dense' && level === 0);
  const tickets = outcomes.filter(({ method }) => method === 'ticket');
  if (dense.length === 0 || tickets.length === 0) return undefined;
  expectMeasured(metric, [...dense, ...tickets]);
  const scores = dense.map(({ metrics }) => metrics[metric]!);
  const [average, deviation] = [mean(scores), deviationOf(scores)];
  const threshold = average - deviation;
  const levels = [...new Set(tickets.map(({ level = 0 }) => level))].sort((a, b) => a - b);
  const judged = levels.map((level) => {
    const rows = tickets.filter((row) => (row.level ?? 0) === level);
    const score = mean(rows.map(({ metrics }) => metrics[metric]!));
    const sparsity = mean(rows.map((row) => row.sparsity));
    return { level, sparsity, mean: score, wins: score >= threshold - ROUNDING };
  });
  const sparsest = judged.filter(({ wins }) => wins).sort((a, b) => b.sparsity - a.sparsity)[0];
  return { dense: { seeds: dense.length, mean: average, deviation }, threshold, levels: judged, sparsest };
}

function expectMeasured(metric: string, outcomes: readonly TicketOutcome[]): void {
  const without = outcomes.find(({ metrics }) => metrics[metric] === undefined);
  if (!without) return;
  const measured = Object.keys(without.metrics).join(', ') || 'none';
  throw new UserError(`Expected a metric of the tickets, one of ${measured}, got ${JSON.stringify(metric)}.`);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of a sample. */
function deviationOf(values: readonly number[]): number {
  if (values.length === 1) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
