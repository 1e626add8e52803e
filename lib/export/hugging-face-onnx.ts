import type { Compressed } from '../compress/compressed';
import { onnxBytes } from './onnx';

/**
 * The bytes of a Hugging Face folder's `onnx/model.onnx`, as transformers.js and optimum expect it: int64 `input_ids`, `attention_mask` and (where the model reads them) `token_type_ids`, all [batch_size, sequence_length]; float32 `logits`.
 *
 * @throws UserError for a model that is larger than 2 GB.
 */
export function huggingFaceOnnx(compressed: Compressed): Uint8Array {
  return onnxBytes(compressed, {
    inputNames: compressed.model.inputNames.map(snakeCase),
    outputName: 'logits',
    axisNames: ['batch_size', 'sequence_length'],
    integers: 'int64',
    dropUnused: true,
  });
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
