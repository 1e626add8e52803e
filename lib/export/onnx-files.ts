import { Compressed, hasCodes } from '../compress/compressed';
import { storedBits } from '../quantization/pack';

/** How transformers.js calls what a model's numbers are stored as: its `dtype`. */
export type Dtype = 'fp32' | 'q8' | 'q4' | 'q2';

/** Where transformers.js looks for each in a folder. */
export const ONNX_FILES: Readonly<Record<Dtype, string>> = {
  fp32: 'onnx/model.onnx',
  q8: 'onnx/model_quantized.onnx',
  q4: 'onnx/model_q4.onnx',
  q2: 'onnx/model_q2.onnx',
};

const DTYPES = { 8: 'q8', 4: 'q4', 2: 'q2' } as const;

/**
 * What a model is called by transformers.js, which knows a file by one width: the narrowest that a weight is stored in (3 bits as 4).
 * Quantized activations alone, over weights in floats, are q8.
 */
export function dtypeOf(compressed: Compressed): Dtype {
  if (!hasCodes(compressed)) return 'fp32';
  const widths = [...compressed.weights.values()].map(({ spec }) => storedBits(spec.bits));
  return DTYPES[Math.min(8, ...widths) as keyof typeof DTYPES];
}
