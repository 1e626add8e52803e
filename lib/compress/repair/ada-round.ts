import type { GatherData } from '../../analysis/gather';
import { adaRoundCodes, AdaRoundCodesOptions } from '../../quantization/rounding/ada-round-codes';
import type { Prepared } from '../prepared';
import { Rounded, roundLayers, RoundLayersOptions } from './round-layers';

/** Options of {@link adaRound}. */
export interface AdaRoundOptions extends RoundLayersOptions, AdaRoundCodesOptions {}

/**
 * **AdaRound** (Nagel et al., 2020, arXiv:2004.10568): rounds the kernels of dense layers up or down, by gradient descent on what the
 * rounding of all weights together does to the layer's output on some data; see `adaRoundCodes`. The descent needs the Gram matrix of the
 * inputs only, so any amount of data costs the same. Used as `gptq` is: between `prepare` (and `calibrate`) and `convert`; the codes
 * are fixed, and go with `detach`.
 *
 * @param data batches: what the model takes, in the order of its inputs. Tensors stay the caller's.
 * @throws UserError where nothing can be rounded, without data, and for inputs that are not finite; then nothing has changed.
 *
 * @example
 * const prepared = prepare(model, weightOnly(int4(perChannel())));
 * const { layers } = await adaRound(prepared, [[xs]], { iterations: 2000 });
 * const compressed = convert(prepared);
 */
export function adaRound(
  prepared: Prepared,
  data: GatherData,
  options: AdaRoundOptions = {},
): Promise<Rounded> {
  const { iterations, learningRate, regularization, warmUp, ...rest } = options;
  const settings = { iterations, learningRate, regularization, warmUp };
  return roundLayers(
    prepared,
    data,
    (weight, gram, spec) => adaRoundCodes(weight, gram, spec, settings),
    rest,
  );
}
