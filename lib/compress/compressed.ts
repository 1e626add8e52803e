import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { hostOf } from '../core/host-tensor';
import { layersOf } from '../core/layers';
import { weightsOf } from '../core/weights';
import { decode } from '../quantization/decode';
import type { EncodedWeight } from '../quantization/encoded-weight';
import { isQuantizeLayer } from '../quantization/quantize-layer';
import type { Skipped } from './prepared';

/** What a model becomes: one thing that exporters, reports and engines take, with the same numbers in each. */
export interface Compressed {
  /** A plain model of its own weights, with quantize layers where activations are quantized; it holds what the codes stand for. */
  readonly model: tf.LayersModel;
  /** The weights that are stored as codes, by path. */
  readonly weights: ReadonlyMap<string, EncodedWeight>;
  /** What stayed in floats, and why. */
  readonly skipped: readonly Skipped[];
}

/** A model, or a compressed one: a model alone has no codes. */
export function compressedOf(subject: tf.LayersModel | Compressed): Compressed {
  return 'layers' in subject ? { model: subject, weights: new Map(), skipped: [] } : subject;
}

/** Whether something in it computes with codes: weights, or activations in front of a quantize layer. */
export function hasCodes({ model, weights }: Compressed): boolean {
  return weights.size > 0 || layersOf(model).some(isQuantizeLayer);
}

/**
 * @throws UserError if the codes are not those of the model's weights any more: it was trained, or given other weights, since it was
 *   converted.
 */
export function expectCurrent({ model, weights }: Compressed): void {
  for (const { path, variable } of weightsOf(model)) {
    const encoded = weights.get(path);
    if (!encoded) continue;
    const [values, stored] = [hostOf(variable).data, decode(encoded)];
    if (values.length === stored.length && stored.every((value, i) => value === values[i])) continue;
    throw new UserError(
      `Expected the codes of "${path}" to stand for the weights of "${model.name}", which has other ones by now; convert it again, or ` +
        'pass the model alone.',
    );
  }
}
