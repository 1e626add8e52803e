import { configured } from '../../core/config';
import { cosineAnnealed, dropFraction, DropOptions, expectDrop } from './drop-fraction';
import type { GrowingWeight, Rewiring } from './rewiring';

/**
 * RigL: the smallest weights go, and those whose gradient is largest come back. The share that moves falls as a cosine, to 0 at `end`, which
 * is 0.75 by default.
 *
 * Evci et al., 2020 (arXiv:1911.11134).
 *
 * @throws UserError for options out of their range.
 *
 * @example rewiring(rigl({ every: 100 }));
 */
export function rigl({ fraction = 0.3, every = 100, end = 0.75 }: DropOptions = {}): Rewiring {
  const options = { fraction, every, end };
  expectDrop(options);
  const rewiring = {
    over: (totalSteps: number) => dropFraction(options, totalSteps, cosineAnnealed),
    growth: ({ gradient }: GrowingWeight) => gradient.map(Math.abs),
  };
  return configured(rewiring, 'rigl', options);
}
