import type * as tf from '@tensorflow/tfjs';
import { gateGradients, gateSquares, meanMagnitude } from '../../analysis/gate-gradients';
import type { GradientOptions } from '../../analysis/measures/gradients';
import { bertGates } from '../gates';
import type { Importance } from '../importance';

/**
 * **The loss's gradient by gates**, `E |dL/dξ|` over examples, each with a gate ξ = 1 of its own for each head and neuron (Michel et al., 2019,
 * arXiv:1905.10650): it does not depend on how examples come in batches, as a gradient of a batch's mean loss would. It is also the Taylor
 * criterion `E |ξ · dL/dξ|` of what units give (Molchanov et al., 2017, arXiv:1611.06440), for ξ is 1.
 *
 * @param options labelled data, and the loss, a mean over a batch's examples.
 * @throws UserError for a model that was not built by `bert`, and without data.
 *
 * @example await lossGradients(model, { data: source.epoch(0), loss: softmaxCrossEntropy });
 */
export async function lossGradients(model: tf.LayersModel, options: GradientOptions): Promise<Importance> {
  const { gates, importance } = bertGates(model);
  return importance((await gateGradients(model, gates, options)).map(meanMagnitude));
}

/**
 * **The squared change of the loss**, to first order, by what units give: `Σ_i (ξ · dL_i/dξ_i)²` over examples i (Molchanov et al., 2019,
 * arXiv:1906.10771, on gates). With the loss's labels it is the empirical Fisher information of Kwon et al., 2022 (arXiv:2204.09656);
 * `logitFisher` is the one without labels.
 *
 * @param options as for `lossGradients`.
 * @throws UserError as `lossGradients` does.
 */
export async function lossTaylor(model: tf.LayersModel, options: GradientOptions): Promise<Importance> {
  const { gates, importance } = bertGates(model);
  return importance(await gateSquares(model, gates, options));
}
