import { configured } from '../../core/config';
import type { Pattern } from '../pattern';
import { grouped } from './grouped';

/**
 * Whole outputs go or stay: all weights of a place of the last axis, the output channels of dense layers and convolutions, by the mean of their
 * scores. Biases stay: a pruned output is its bias. Sparsities are fractions of the outputs.
 *
 * Li et al., 2017 (arXiv:1608.08710), who sum the magnitudes of a filter.
 */
export const outputChannels: Pattern = configured(
  grouped((shape) => {
    const outputs = shape.at(-1) ?? 1;
    return { units: outputs, unitOf: (i) => i % outputs };
  }),
  'outputChannels',
);
