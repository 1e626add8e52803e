import { attach, Attachment, Transform } from '../core/attach';
import { dequantize, DerivedInput, isTracing } from '../core/derived';
import { weightsOf } from '../core/weights';
import type { Compressed } from '../compress/compressed';
import { EncodedWeight, MatrixForm, matrixForm } from '../quantization/encode';

/**
 * Runs `body` while programs that are traced of a compressed model read its stored codes instead of the floats that they stand for:
 * the numbers are the same, and with quantized activations in front matrix products become integer ones. Codes that no program
 * reads as they are stored (groups, fewer than 8 bits) stay floats.
 */
export function withStoredCodes<T>({ model, weights }: Compressed, body: () => T): T {
  const attached: Attachment[] = [];
  try {
    for (const { layer, name, path } of weightsOf(model)) {
      const encoded = weights.get(path);
      const matrix = encoded && matrixForm(encoded.shape, encoded.spec);
      if (matrix) attached.push(attach(layer, name, storedCodes(path, encoded, matrix)));
    }
    return body();
  } finally {
    attached.forEach((attachment) => attachment.detach());
  }
}

function storedCodes(path: string, { codes, scales, shape }: EncodedWeight, matrix: MatrixForm): Transform {
  const refresh = () => undefined; // never changes
  const { rows, columns, axis } = matrix;
  const stored: DerivedInput = {
    ...{ name: `${path}/codes`, dtype: 'int8', shape: [rows, columns], data: codes, refresh },
  };
  const steps: DerivedInput = {
    ...{ name: `${path}/scales`, dtype: 'float32', shape: [scales.length], data: scales, refresh },
  };
  return {
    revision: 'stored codes',
    apply(value) {
      if (!isTracing()) return value;
      const numbers = dequantize(stored, steps, axis);
      return shape.length === 2 ? numbers : numbers.reshape([...shape]);
    },
    state: () => ({}),
    dispose: () => undefined,
  };
}
