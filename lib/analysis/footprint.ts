import type * as tf from '@tensorflow/tfjs';
import { Compressed, compressedOf } from '../compress/compressed';
import type { HostTensor } from '../core/host-tensor';
import { onnxBytes } from '../export/onnx/export-onnx';
import { gzippedLength } from './gzipped-length';
import { LatencyOptions, measureLatency } from './latency';
import { measureMemory } from './resident-memory';

/** What it costs to keep a model and to run it. */
export interface Footprint {
  /** Bytes of the ONNX file. */
  readonly fileBytes: number;
  /** The same after gzip. */
  readonly gzippedBytes: number;
  /** Bytes of memory while it runs, as `measureMemory` finds them. */
  readonly residentBytes: number;
  /** Of a batch, in milliseconds, as `measureLatency` finds them. */
  readonly milliseconds: number;
  /** Those of the model that it is compared with, in turns with its own. */
  readonly referenceMilliseconds: number;
}

/**
 * Measures what a model costs beside another one, such as the same model in floats.
 *
 * @param xs a batch, in the order of the models' inputs.
 * @throws UserError as `measureLatency` does.
 *
 * @example const { fileBytes } = await measureFootprint(convert(prepared), model, batch, { threads: 1 });
 */
export async function measureFootprint(
  subject: tf.LayersModel | Compressed,
  reference: tf.LayersModel | Compressed,
  xs: readonly HostTensor[],
  options: LatencyOptions = {},
): Promise<Footprint> {
  const file = onnxBytes(compressedOf(subject));
  const [milliseconds, referenceMilliseconds] = await measureLatency([subject, reference], xs, options);
  return {
    fileBytes: file.length,
    gzippedBytes: await gzippedLength(file),
    residentBytes: await measureMemory(subject, xs, options),
    milliseconds: milliseconds!,
    referenceMilliseconds: referenceMilliseconds!,
  };
}
