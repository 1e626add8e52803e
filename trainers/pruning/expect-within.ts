import { UserError } from '../../lib/core/errors';
import type { Schedule } from '../../lib/pruning/schedule';
import type { Training } from '../callback';

/**
 * @param begun whether the run had begun before, and goes on.
 * @throws UserError for a schedule that would not reach its end: the run is over before, or starts after it.
 */
export function expectWithin(
  { endStep }: Schedule,
  { step, totalSteps }: Pick<Training, 'step' | 'totalSteps'>,
  begun: boolean,
): void {
  if (endStep > totalSteps) {
    throw new UserError(
      `Expected a pruning schedule that ends within the ${totalSteps} steps of the training, got one that ends at step ${endStep}; ` +
        'end it earlier (endStep, or end as a fraction of the run), or train for longer.',
    );
  }
  if (begun || endStep >= step) return;
  throw new UserError(
    `Expected a pruning schedule that ends at step ${step}, where the training starts, or later, got one that is over at step ` +
      `${endStep}; end it later, or start earlier (startStep).`,
  );
}
