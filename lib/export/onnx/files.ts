import type { Compressed } from '../../compress/compressed';
import { layersOf } from '../../core/layers';
import { storedBits } from '../../quantization/pack';
import { isQuantizeLayer } from '../../quantization/quantize-layer';
import { isHalf, WeightSpec } from '../../quantization/spec';

/** How transformers.js calls what a model's numbers are stored as: its `dtype`. */
export type Dtype = 'fp32' | 'fp16' | 'q8' | 'q4' | 'q2';

/** Where transformers.js looks for each in a folder. */
export const ONNX_FILES: Readonly<Record<Dtype, string>> = {
  fp32: 'onnx/model.onnx',
  fp16: 'onnx/model_fp16.onnx',
  q8: 'onnx/model_quantized.onnx',
  q4: 'onnx/model_q4.onnx',
  q2: 'onnx/model_q2.onnx',
};

const DTYPES = { 32: 'fp32', 16: 'fp16', 8: 'q8', 4: 'q4', 2: 'q2' } as const;

/**
 * What a model is called by transformers.js, which knows a file by one width: the narrowest that a weight is stored in (3 bits as 4,
 * ternary as 2, bf16 as fp16), or an activation, which quantized ones are in 8 bits.
 */
export function dtypeOf({ model, weights }: Compressed): Dtype {
  const widths = [...weights.values()].map(({ spec }) => widthOf(spec));
  if (layersOf(model).some(isQuantizeLayer)) widths.push(8);
  return DTYPES[Math.min(32, ...widths) as keyof typeof DTYPES];
}

const widthOf = (spec: WeightSpec): number => (isHalf(spec) ? 16 : storedBits(spec.bits));
