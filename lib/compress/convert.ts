import * as tf from '@tensorflow/tfjs';
import { attachedTo, attachmentsOf, Transform } from '../core/attach';
import { assign } from '../core/assign';
import { copyTrainable } from '../core/counterparts';
import { UserError } from '../core/errors';
import { hostOf } from '../core/host-tensor';
import { Weight, weightsOf } from '../core/weights';
import { maskOf, setMask } from '../pruning/model-masks';
import { decode } from '../quantization/decode';
import type { EncodedWeight } from '../quantization/encoded-weight';
import { quantizeLayer } from '../quantization/quantize-layer';
import { isObserved, rangeFound } from '../quantization/transforms/activation-quantizer';
import { InputQuantizer, quantizes } from '../quantization/transforms/quantizer';
import { isEncoder } from '../quantization/transforms/weight-quantizer';
import { cloneModel } from './clone';
import { Compressed } from './compressed';
import { expectBakeable } from './convertible';
import { Prepared } from './prepared';

/**
 * Bakes what is attached to a prepared model into a new, plain one, whose output equals the prepared model's inference output
 * exactly. Weights become the numbers that their codes stand for; activations keep their range in a serializable quantize
 * layer, shared where the tensor is shared; masks come along. The prepared model is left as it was, with its quantizers attached.
 *
 * @throws UserError if an activation was never observed, or something else is attached that cannot be baked in.
 *
 * @example
 * const compressed = convert(prepared);
 * exportOnnx(compressed, 'model.onnx');
 */
export function convert(prepared: Prepared): Compressed {
  const { attachments } = prepared;
  attachmentsOf(prepared.model)
    .filter((attachment) => !attachments.includes(attachment))
    .forEach(expectBakeable);
  const inserted = quantizeLayers(prepared);
  const { model } = cloneModel(prepared.model, {
    before: (layer) => attachedTo(layer).flatMap(({ transform }) => inserted.get(transform) ?? [])[0],
  });
  copyTrainable(model, prepared.model);
  const weights = new Map<string, EncodedWeight>();
  const targets = new Map(weightsOf(model).map((weight) => [weight.path, weight]));
  for (const weight of weightsOf(prepared.model)) {
    const { values, encoded } = bake(weight, prepared);
    if (encoded) weights.set(weight.path, encoded);
    assign(targets.get(weight.path)!.variable, values);
    setMask(targets.get(weight.path)!, maskOf(weight.variable));
  }
  return { model, weights, skipped: prepared.skipped };
}

/** A layer for each quantizer of an activation that is on. */
function quantizeLayers({ inputs }: Prepared): Map<Transform, tf.layers.Layer> {
  const active = [...new Set(inputs.values())].filter(({ mode }) => quantizes(mode));
  return new Map(active.map((quantizer) => [quantizer, layerOf(quantizer)]));
}

function layerOf(quantizer: InputQuantizer): tf.layers.Layer {
  const name = `${quantizer.name}/quantize`;
  if (!isObserved(quantizer)) return quantizeLayer({ name, dynamic: true });
  const { bits, signed, narrowRange } = quantizer.spec;
  return quantizeLayer({ name, ...rangeFound(quantizer), bits, signed, narrowRange });
}

interface Baked {
  readonly values: tf.TypedArray;
  /** Where the values are those of codes. */
  readonly encoded?: EncodedWeight;
}

/** What inference computes with in the place of a weight, from all that is attached to it, in that order. */
function bake({ variable, layer, name, path }: Weight, prepared: Prepared): Baked {
  const quantizer = prepared.weights.get(path);
  const isOn = quantizer !== undefined && quantizes(quantizer.mode);
  const transforms = attachedTo(layer).flatMap((attachment) => {
    if (attachment.target !== name) return [];
    if (!quantizer || !prepared.attachments.includes(attachment)) return [attachment.transform];
    return isOn ? [quantizer] : [];
  });
  const { shape } = variable;
  return transforms.reduce<Baked>(
    (baked, transform) => bakeOne(transform, baked, { path, shape, mask: maskOf(variable) }),
    { values: hostOf(variable).data.slice() },
  );
}

function bakeOne(
  transform: Transform,
  { values, encoded }: Baked,
  { path, shape, mask }: { readonly path: string; readonly shape: number[]; readonly mask?: Uint8Array },
): Baked {
  if (encoded) {
    throw new UserError(
      `Expected the transform that makes codes of "${path}" to be the last that is attached to it, but another one follows.`,
    );
  }
  const weight = { data: values as Float32Array, shape };
  if (!isEncoder(transform)) return { values: transform.bake!(weight) };
  const codes = transform.encode(weight, mask);
  return { values: decode(codes), encoded: codes };
}
