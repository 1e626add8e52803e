import type * as tf from '@tensorflow/tfjs';
import { Compressed, compressedOf } from '../../compress/compressed';
import { weightsOf } from '../../core/weights';
import { blankBert } from '../../models/bert';
import { bertConfigOf } from '../../models/bert-config-of';
import { onnxBytes } from '../onnx/export-onnx';
import { Dtype, dtypeOf } from '../onnx/files';

/**
 * The ONNX files of a Hugging Face folder: the model as it computes, under what its weights are stored as, and of a compressed one,
 * unless it is to have none, the floats that its codes stand for.
 *
 * @throws UserError for a model that is larger than 2 GB.
 */
export function huggingFaceOnnx(compressed: Compressed, floats: boolean): Map<Dtype, Uint8Array> {
  const dtype = dtypeOf(compressed);
  const files = new Map([[dtype, bytesOf(compressed)]]);
  return floats && dtype !== 'fp32' ? files.set('fp32', floatBytes(compressed.model)) : files;
}

/**
 * A file as transformers.js and optimum expect it: int64 `input_ids`, `attention_mask` and (where the model reads them)
 * `token_type_ids`, all [batch_size, sequence_length]; float32 `logits`.
 */
function bytesOf(compressed: Compressed): Uint8Array {
  return onnxBytes(compressed, {
    inputNames: compressed.model.inputNames.map(snakeCase),
    outputName: 'logits',
    axisNames: ['batch_size', 'sequence_length'],
    integers: 'int64',
    dropUnused: true,
  });
}

/** The weights of a converted model in one without quantize layers, which computes what `model.safetensors` holds. */
function floatBytes(model: tf.LayersModel): Uint8Array {
  const plain = blankBert(bertConfigOf(model));
  try {
    const values = new Map(weightsOf(model).map(({ path, variable }) => [path, variable]));
    for (const { path, variable } of weightsOf(plain)) variable.assign(values.get(path)!); // shares the memory, copies nothing
    return bytesOf(compressedOf(plain));
  } finally {
    plain.dispose();
  }
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
