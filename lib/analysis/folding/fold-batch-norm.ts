import type * as tf from '@tensorflow/tfjs';
import { Clone, cloneModel } from '../../compress/clone';
import type { Skipped } from '../../compress/prepared';
import { assign } from '../../core/assign';
import { copyTrainable, weightCounterparts } from '../../core/counterparts';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { pathsOfLayers, variableOf, weightsOf } from '../../core/weights';
import { maskOf, setMask } from '../../pruning/model-masks';
import { fingerprintOf, OutputStatistics } from '../equalization/channel-statistics';
import { affinesOf } from '../equalization/products';
import { expectNothingAttached, weightValues } from '../equalization/values';
import { foldInto } from './fold-into';
import { Fold, foldsOf } from './folds';

/** A batch norm that went into the layer before it. */
export interface FoldedNorm {
  /** Path of the batch norm in the model that was given. */
  readonly norm: string;
  /** Path of the layer that holds it now. */
  readonly into: string;
}

/** A model without the batch norms that could go into the layer before them. */
export interface FoldedModel {
  /** A new, plain model; the caller's to dispose. */
  readonly model: tf.LayersModel;
  /** Batch norms that are gone, each with the layer that computes it now. */
  readonly folded: readonly FoldedNorm[];
  /** Batch norms that are still there, and why. */
  readonly skipped: readonly Skipped[];
  /** What the folded layers make, by path in the new model: mean β and standard deviation |γ| of each channel, for `absorbBiases`. */
  readonly statistics: OutputStatistics;
}

/**
 * Makes a model without the batch norms that follow a dense or convolutional layer, whose kernel and bias hold them instead; it
 * gives the same answers in inference but for rounding (Jacob et al. 2018, arXiv:1712.05877, section 3.2; Nagel et al. 2019,
 * arXiv:1906.04721, section 4). With the norm's moving mean μ and variance v, per output channel:
 *
 *     W' = W · γ / sqrt(v + ε),   b' = β + (b − μ) · γ / sqrt(v + ε).
 *
 * A layer without a bias gets one. Masks of kernels come along. A batch norm that follows something else (the model's input, an activation,
 * a sum), or a layer that others read too, stays and is told. The model that was given is left as it was.
 *
 * @throws UserError where there is no batch norm that can be folded, for weights that are not finite, something attached, and a layer that
 *   its config does not make again.
 *
 * @example
 * const { model, folded, skipped } = foldBatchNorm(trained);
 * equalize(model);
 */
export function foldBatchNorm(original: tf.LayersModel): FoldedModel {
  expectNothingAttached(original, 'fold');
  const { folds, skipped } = foldsOf(original);
  if (folds.length === 0) throw nothingToFold(original, skipped);
  const norms = new Set(folds.map(({ norm }) => norm));
  const bare = new Set(folds.flatMap(({ layer, isBare }) => (isBare ? [layer] : [])));
  const clone = cloneModel(original, {
    omit: (layer) => norms.has(layer),
    settings: (layer): Readonly<Record<string, boolean | number>> =>
      bare.has(layer) ? { useBias: true } : {},
  });
  try {
    copyTrainable(clone.model, original);
    copyWeights(clone.model, original);
    return { model: clone.model, skipped, ...foldAll(clone, folds) };
  } catch (error) {
    weightsOf(clone.model).forEach(({ variable }) => variable.dispose());
    throw error;
  }
}

function foldAll(
  { model, layers }: Clone,
  folds: readonly Fold[],
): Pick<FoldedModel, 'folded' | 'statistics'> {
  const paths = pathsOfLayers(model);
  const affineOf = affinesOf(model);
  const values = weightValues();
  const moments = folds.map((fold) => {
    const layer = layers.get(fold.layer)!;
    return { layer, path: paths.get(layer)!, norm: fold.path, ...foldInto(affineOf(layer), fold, values) };
  });
  values.write();
  return {
    folded: moments.map(({ norm, path: into }) => ({ norm, into })),
    statistics: new Map(
      moments.map(({ layer, path, mean, deviation }) => {
        return [path, { mean, deviation, fingerprint: fingerprintOf(affineOf(layer)) }];
      }),
    ),
  };
}

function nothingToFold({ name }: tf.LayersModel, skipped: readonly Skipped[]): UserError {
  const reasons = skipped.map(({ path, why }) => `${path}: ${why}`).join('; ');
  return new UserError(
    `Expected batch norms in "${name}" that can be folded, found none (${reasons || 'it has no batch norms'}).`,
  );
}

/** Weights and masks of the original, in the layers that both have. */
function copyWeights(model: tf.LayersModel, original: tf.LayersModel): void {
  const pairs = weightCounterparts(model, original);
  const byVariable = new Map([...pairs].map(([copy, from]) => [variableOf(copy), variableOf(from)]));
  for (const { path, variable } of weightsOf(model)) {
    const from = byVariable.get(variable);
    if (!from) continue; // a new bias, 0
    assign(variable, hostOf(from).data.slice());
    setMask({ path, variable }, maskOf(from));
  }
}
