import type * as tf from '@tensorflow/tfjs';
import { FileSession } from '../lib/compile/file-session';
import type { RunsOn } from '../lib/compile/open-session';
import { Compressed, compressedOf } from '../lib/compress/compressed';
import type { HostTensor } from '../lib/core/host-tensor';
import { onnxBytes } from '../lib/export/onnx/export-onnx';

/** A model that answers. */
export interface Inference {
  /** The model's output in inference mode. @param xs in the order of the model's inputs. */
  predict(xs: readonly HostTensor[]): Promise<HostTensor>;
  /** All outputs of a model of several, in their order, where that is no file, which has one. */
  outputs?(xs: readonly HostTensor[]): Promise<HostTensor[]>;
  /** Frees what answers; the model stays. */
  dispose(): Promise<void>;
}

/** How a file is run. */
export type InferenceOptions = RunsOn;

/**
 * A model as its ONNX file answers: what is exported is what runs here, with the same bits. Weights are those of this moment.
 *
 * @param subject a model, or what `convert` returns.
 * @throws UserError as `exportOnnx` does.
 *
 * @example
 * const answers = await inferenceOf(convert(prepared));
 * const { data } = await answers.predict([hostTensor(Float32Array.of(1, 2), [1, 2])]);
 * await answers.dispose();
 */
export async function inferenceOf(
  subject: tf.LayersModel | Compressed,
  options: InferenceOptions = {},
): Promise<Inference> {
  return openFile(onnxBytes(compressedOf(subject)), options);
}

/** The bytes of a file as something that answers. */
export async function openFile(file: Uint8Array, options: InferenceOptions): Promise<Inference> {
  const session = await FileSession.open(file, options);
  return {
    predict: (xs) => session.run(xs),
    dispose: () => session.release(),
  };
}
