import type { Rules } from '../../lib/compress/rules';
import type { InferenceOptions } from '../inference';
import { densePhase } from './dense';
import { gradualPhase, GradualPhaseOptions } from './gradual-pruning';
import { runPhases } from './phases';
import { qatPhase } from './qat';
import type { Outcome, RecipeOptions } from './setup';

export interface PruneThenQuantizeOptions extends RecipeOptions, GradualPhaseOptions {
  /** What is quantized, and how, in a training of its own after the one that prunes. */
  readonly rules: Rules;
  /** Observers freeze after this fraction of it. */
  readonly freezeObserversAt: number;
  /** How the converted model is run for the reported score. */
  readonly inference?: InferenceOptions;
}

/**
 * Prunes while training, then trains what is left for quantization: masks and weights go from one training to the next.
 *
 * @returns `dense`, `gradual`, and `qat`, which is both.
 *
 * @example await pruneThenQuantize({ setup, folder, seed: 0, sparsity: 0.8, begin: 0.1, end: 0.7, frequency: 10, rules: staticInt8(), freezeObserversAt: 0.8 });
 */
export function pruneThenQuantize(options: PruneThenQuantizeOptions): Promise<Outcome[]> {
  const pruned = gradualPhase(options, { handsOn: true });
  const quantized = qatPhase({ ...options, name: 'qat' }, { after: pruned });
  return runPhases(options, [densePhase(options.seed), pruned, quantized]);
}
