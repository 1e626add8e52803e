import type { WeightFacts } from '../../core/facts';
import type { WeightValues } from '../../quantization/encoded-weight';

/**
 * What a product or a convolution makes of the mean of its input, without the bias: `Σ E[x_c] W` over all input channels and taps.
 *
 * @param mean [inputs]
 * @param weight of a dense layer, [inputs, units]; a convolution, [..taps, inputs, filters], or transposed [..taps, filters, inputs]; a
 *   depthwise one, [height, width, inputs, multiplier].
 * @returns [units], for a depthwise convolution [inputs · multiplier].
 */
export function meanOutput(
  mean: Float64Array,
  { shape, data }: WeightValues,
  facts: WeightFacts,
): Float64Array {
  const channels = 'channels' in facts ? facts.channels : [];
  const [above, last] = [shape.at(-2)!, shape.at(-1)!];
  const isBoth = channels.length > 1;
  const isTransposed = !isBoth && channels[0] === shape.length - 2;
  const outputs = new Float64Array(isBoth ? above * last : isTransposed ? above : last);
  for (let i = 0; i < data.length; i++) {
    const [row, column] = [Math.floor(i / last) % above, i % last];
    const output = isBoth ? row * last + column : isTransposed ? row : column;
    outputs[output]! += mean[isTransposed ? column : row]! * data[i]!;
  }
  return outputs;
}
