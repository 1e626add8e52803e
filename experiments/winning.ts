import type { WinningTickets } from '../trainers/recipes/winning-tickets';
import { percent } from './table';

/** Names the sparsest winning ticket, and what it had to reach, for people. */
export function describeWinning({ dense, threshold, sparsest }: WinningTickets, metric: string): string {
  const how =
    dense.seeds > 1
      ? `the dense mean ${dense.mean.toFixed(4)} less one standard deviation, ${dense.deviation.toFixed(4)}, over ${dense.seeds} seeds`
      : 'the dense score; one seed has no spread';
  const bar = `${threshold.toFixed(4)} (${how})`;
  if (!sparsest) return `No ticket wins: no level reaches ${metric} ${bar}.`;
  const { level, sparsity, mean } = sparsest;
  return `Sparsest winning ticket: level ${level}, ${percent(sparsity)} zeros, ${metric} ${mean.toFixed(4)}, at least ${bar}.`;
}
