import { attach, Attachment, Transform } from '../../lib/core/attach';
import { dequantize, DerivedInput, isTracing } from '../../lib/core/derived';
import { weightsOf } from '../../lib/core/weights';
import type { Converted } from '../../lib/compress/convert';
import type { WeightCodes } from '../../lib/quantization/weight-codes';

/**
 * Makes a compiled program of a converted model read the kernels' stored codes instead of the floats that they stand for: with
 * the quantized activations in front, its matmuls become integer ones. The numbers are the same; eager code sees no difference.
 */
export function attachIntegerWeights({ model, weights }: Converted): Attachment[] {
  const kernels = weightsOf(model).filter(({ path }) => weights.get(path)?.axis === 1);
  return kernels.map(({ layer, name, path }) => attach(layer, name, storedCodes(path, weights.get(path)!)));
}

function storedCodes(path: string, { codes, scales, shape, axis }: WeightCodes): Transform {
  const refresh = () => undefined; // never changes
  const stored: DerivedInput = { name: `${path}/codes`, dtype: 'int8', shape, data: codes, refresh };
  const steps: DerivedInput = {
    name: `${path}/scales`,
    dtype: 'float32',
    shape: [scales.length],
    data: scales,
    refresh,
  };
  return {
    revision: 'stored codes',
    apply: (value) => (isTracing() ? dequantize(stored, steps, axis) : value),
    state: () => ({}),
    dispose: () => undefined,
  };
}
