import * as tf from '@tensorflow/tfjs';
import { attachedTo, Transform } from '../core/attach';
import { copyTrainable, weightCounterparts } from '../core/counterparts';
import { UserError } from '../core/errors';
import { variableOf, Weight, weightsOf } from '../core/weights';
import { quantizeLayer } from '../quantization/quantize-layer';
import { ActivationQuantizer } from '../quantization/transforms/activation-quantizer';
import { decode, makeCodes, updateCodes, WeightCodes } from '../quantization/weight-codes';
import { Prepared } from './prepare';
import { rebuild } from './rebuild';

/** What a prepared model becomes. */
export interface Converted {
  /** A plain model of its own weights, with quantize layers in front of dense layers where activations are quantized. */
  readonly model: tf.LayersModel;
  /** The quantized weights as they are stored, by their path in `model`, which holds the same numbers as floats. */
  readonly weights: ReadonlyMap<string, WeightCodes>;
}

/**
 * Bakes the quantizers of a prepared model into a new, plain one, whose output equals the prepared model's inference output
 * exactly. Weights become the numbers that their codes stand for; activations keep their range in a serializable quantize
 * layer, shared where the tensor is shared. The prepared model is left as it was, with its quantizers attached.
 *
 * @throws UserError if an activation was never observed.
 *
 * @example
 * const { model, weights } = convert(prepared);
 */
export function convert(prepared: Prepared): Converted {
  const layers = quantizeLayers(prepared);
  const model = rebuild(prepared.model, (layer) =>
    attachedTo(layer)
      .map(({ transform }) => layers.get(transform))
      .find((inserted) => inserted !== undefined),
  );
  const weights = copyWeights(prepared.model, model, codesOf(prepared));
  copyTrainable(model, prepared.model);
  return { model, weights };
}

/** A layer for each quantizer that is on. */
function quantizeLayers({ observers }: Prepared): Map<Transform, tf.layers.Layer> {
  const enabled = new Set([...observers.values()].filter((quantizer) => quantizer.enabled));
  return new Map([...enabled].map((quantizer) => [quantizer, layerOf(quantizer)]));
}

function layerOf({ name, observer, spec }: ActivationQuantizer): tf.layers.Layer {
  if (!observer.hasObserved()) {
    throw new UserError(
      `Expected every quantizer to have seen data before converting, but that of the input of "${name}" has not; ` +
        'train a step first.',
    );
  }
  const [scale, zeroPoint] = tf.tidy(() => {
    const qparams = observer.qparams();
    return [qparams.scale.dataSync()[0]!, qparams.zeroPoint.dataSync()[0]!];
  });
  const { bits, signed, narrowRange } = spec;
  return quantizeLayer({ name: `${name}/quantize`, scale, zeroPoint, bits, signed, narrowRange });
}

function codesOf({ model, weights }: Prepared): Map<string, WeightCodes> {
  const quantized = weightsOf(model).filter(({ path }) => weights.get(path)?.enabled);
  return new Map(
    quantized.map(({ path, variable }) => {
      const codes = makeCodes(variable.shape, weights.get(path)!.axis);
      updateCodes(codes, variable.dataSync() as Float32Array);
      return [path, codes];
    }),
  );
}

/**
 * Sets the weights of a copy to those of the original, or to what their codes stand for.
 *
 * @param codes by the original's paths.
 * @returns the codes by the copy's paths: where nested models shared a layer, each of them has its own in the copy.
 */
function copyWeights(
  original: tf.LayersModel,
  copy: tf.LayersModel,
  codes: Converted['weights'],
): Map<string, WeightCodes> {
  const originals = new Map(weightsOf(original).map((weight) => [weight.variable, weight]));
  const sources = new Map(
    [...weightCounterparts(copy, original)].map(([to, from]) => [variableOf(to), variableOf(from)]),
  );
  const copied = new Map<string, WeightCodes>();
  for (const weight of weightsOf(copy)) {
    const { path, variable } = originals.get(sources.get(weight.variable)!)!;
    const found = codes.get(path);
    if (found) copied.set(weight.path, found);
    assign(weight, found ? decode(found) : variable.dataSync().slice());
  }
  return copied;
}

function assign({ variable }: Weight, data: tf.TypedArray): void {
  tf.tidy(() => variable.assign(tf.tensor(data, variable.shape, variable.dtype)));
}
