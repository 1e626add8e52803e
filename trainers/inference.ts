import type * as tf from '@tensorflow/tfjs';
import { FileSession } from '../lib/compile/file-session';
import type { RunsOn } from '../lib/compile/open-session';
import { Compressed, compressedOf } from '../lib/compress/compressed';
import type { HostTensor } from '../lib/core/host-tensor';
import { onnxBytes } from '../lib/export/onnx/export-onnx';
import { expectIds, idRangesOf } from './id-ranges';

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
 * @throws UserError as `exportOnnx` does; and, from what it answers with, for ids that name no row of a table.
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
  const compressed = compressedOf(subject);
  return checkedInference(await openFile(onnxBytes(compressed), options), compressed.model);
}

/** The bytes of a file as something that answers. */
export async function openFile(file: Uint8Array, options: InferenceOptions): Promise<Inference> {
  const session = await FileSession.open(file, options);
  return {
    predict: (xs) => session.run(xs),
    dispose: () => session.release(),
  };
}

/**
 * An inference that looks at ids before it looks them up. What becomes of others is nobody's answer: ONNX takes −1 for a table's last row and
 * refuses what is beyond, tfjs's backends read what lies there.
 *
 * @throws UserError (from what it answers with) for the first number that names no row of the model's tables.
 */
export function checkedInference(inference: Inference, model: tf.LayersModel): Inference {
  const ranges = idRangesOf(model);
  const check = (xs: readonly HostTensor[]) => expectIds(xs, ranges, 'the batch');
  const { outputs } = inference;
  return {
    async predict(xs) {
      check(xs);
      return inference.predict(xs);
    },
    ...(outputs && {
      async outputs(xs) {
        check(xs);
        return outputs(xs);
      },
    }),
    dispose: () => inference.dispose(),
  };
}
