import { UserError } from '../../lib/core/errors';
import { hostTensor } from '../../lib/core/host-tensor';
import { GradientStatistic, statsOf } from '../../lib/pruning/weight-statistics';
import type { CallbackState } from '../callback';
import { tensorOf } from '../model-state';
import type { Gatherer } from './gatherer';
import { GradientSums, gradientSums } from './gradient-sums';

/**
 * Sums statistics over the steps since the masks were last made: each step counts once, with the gradient of its mean loss and the
 * weights that it was taken at. Part of a checkpoint.
 */
export function stepSums(statistics: readonly GradientStatistic[]): Gatherer {
  let sums: GradientSums | undefined;
  let steps = 0;
  let restored: CallbackState | undefined;
  return {
    begin({ step }, targets, updatesNow) {
      if (statistics.length === 0) return;
      if (updatesNow) throw nothingSeen(statistics, step);
      sums = gradientSums(targets, statistics);
      if (steps > 0) sums.fill((name, shape) => tensorOf(restored?.tensors ?? {}, name, shape));
    },
    seeGradients({ accumulated }) {
      if (!sums) return;
      sums.add({ accumulated, count: 1 });
      steps++;
    },
    async take() {
      const taken = sums?.take();
      steps = 0;
      return (path) => statsOf(path, taken?.get(path) ?? new Map());
    },
    state: () => ({
      values: { steps },
      tensors: Object.fromEntries(
        (steps > 0 ? (sums?.entries() ?? []) : []).map(([name, shape, values]) => [
          name,
          hostTensor(values, [...shape]),
        ]),
      ),
    }),
    restore(state) {
      restored = state;
      steps = (state.values as { steps: number } | null)?.steps ?? 0;
    },
  };
}

function nothingSeen(statistics: readonly GradientStatistic[], step: number): UserError {
  const names = statistics.map(({ name }) => `"${name}"`).join(' and ');
  return new UserError(
    `Expected at least one step before masks are made by a saliency that needs ${names}, but the schedule prunes at step ${step}, ` +
      `where the training starts and there are no gradients yet; begin at step ${step + 1} or later (beginStep, begin), or let ` +
      'pruning gather in a pass of its own (scoring: { data, batches }).',
  );
}
