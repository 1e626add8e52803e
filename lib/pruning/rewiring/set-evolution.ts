import { configured } from '../../core/config';
import { seededRandom } from '../../core/random';
import { dropFraction, DropOptions, expectDrop, unchanging } from './drop-fraction';
import type { GrowingWeight, Rewiring } from './rewiring';

/** Options of {@link setEvolution}. */
export interface SetEvolutionOptions extends DropOptions {
  /** Of what grows, a function of (seed, path, step). */
  readonly seed: number;
}

/**
 * Sparse evolutionary training (SET): the smallest weights go, and others come back at random, the same share at every update, up to `end`, 1 by
 * default. The paper takes the smallest of the positive and of the negative weights each, and moves zeros after every epoch (`every`).
 *
 * Mocanu et al., 2018 (arXiv:1707.04780).
 *
 * @throws UserError for options out of their range.
 *
 * @example rewiring(setEvolution({ seed: 0, every: data.batchesPerEpoch }));
 */
export function setEvolution(options: SetEvolutionOptions): Rewiring {
  const { fraction = 0.3, every = 100, end = 1, seed } = options;
  const drop = { fraction, every, end };
  expectDrop(drop);
  const rewiring = {
    over: (totalSteps: number) => dropFraction(drop, totalSteps, unchanging),
    growth: ({ path, gradient, step }: GrowingWeight) =>
      gradient.map(seededRandom(seed, 'growth', path, `${step}`)),
  };
  return configured(rewiring, 'setEvolution', { ...drop, seed });
}
