import { attach, Attachment, Transform } from '../../core/attach';
import { isTracing } from '../../core/derived';
import { weightsOf } from '../../core/weights';
import type { Compressed } from '../../compress/compressed';
import { derivedWeight } from '../../quantization/derived-weight';
import type { EncodedWeight } from '../../quantization/encoded-weight';

/**
 * Runs `body` while programs that are traced of a compressed model read its weights as they are stored instead of the floats that these
 * stand for: the numbers are the same, and with quantized activations in front matrix products become integer ones.
 */
export function withStoredCodes<T>({ model, weights }: Compressed, body: () => T): T {
  const attached: Attachment[] = [];
  try {
    for (const { layer, name, path } of weightsOf(model)) {
      const encoded = weights.get(path);
      if (encoded) attached.push(attach(layer, name, storedWeight(path, encoded)));
    }
    return body();
  } finally {
    attached.forEach((attachment) => attachment.detach());
  }
}

function storedWeight(path: string, encoded: EncodedWeight): Transform {
  const weight = derivedWeight(path, encoded, () => undefined); // never changes
  return {
    revision: 'stored codes',
    apply: (value) => (isTracing() ? weight.tensor() : value),
    state: () => ({}),
    dispose: () => undefined,
  };
}
