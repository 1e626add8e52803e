import type { GatherData } from '../../analysis/gather';
import { gptqCodes, GptqCodesOptions } from '../../quantization/rounding/gptq-codes';
import type { Prepared } from '../prepared';
import { Rounded, roundLayers, RoundLayersOptions } from './round-layers';

/** Options of {@link gptq}. */
export interface GptqOptions extends RoundLayersOptions, GptqCodesOptions {}

/**
 * **GPTQ** (Frantar et al., 2022, arXiv:2210.17323): rounds the kernels of dense layers input by input, so that the inputs still to come
 * make up for the error of each in the layer's output on some data; see `gptqCodes`. A hundred sentences do; no training. Between
 * `prepare` (and `calibrate`, where inputs are quantized) and `convert`. The model's own weights stay as they are: the codes are fixed
 * (`WeightQuantizer.fix`), and go with `detach`.
 *
 * @param data batches: what the model takes, in the order of its inputs. Tensors stay the caller's.
 * @throws UserError where nothing can be rounded, without data, and for inputs that are not finite or all 0; then nothing has changed.
 *
 * @example
 * const prepared = prepare(model, weightOnly(int4(perGroup(0, 32))));
 * const { layers, skipped } = await gptq(prepared, [[xs]]);
 * const compressed = convert(prepared);
 */
export function gptq(prepared: Prepared, data: GatherData, options: GptqOptions = {}): Promise<Rounded> {
  const { damping, actOrder, ...rest } = options;
  return roundLayers(
    prepared,
    data,
    async (weight, gram, spec) => gptqCodes(weight, gram, spec, { damping, actOrder }),
    rest,
  );
}
