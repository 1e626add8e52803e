import * as tf from '@tensorflow/tfjs';
import { attachedTo, Transform } from '../core/attach';
import { UserError } from '../core/errors';
import { hostOf } from '../core/host-tensor';
import { Weight, weightsOf } from '../core/weights';
import { quantizeLayer } from '../quantization/quantize-layer';
import { ActivationQuantizer } from '../quantization/transforms/activation-quantizer';
import { decode, makeCodes, updateCodes, WeightCodes } from '../quantization/weight-codes';
import { Prepared } from './prepare';
import { rebuild } from './rebuild';

/** What a prepared model becomes. */
export interface Converted {
  /** A plain model of its own weights, with quantize layers in front of dense layers where activations are quantized. */
  readonly model: tf.LayersModel;
  /** The quantized weights as they are stored, by path; the model holds the same numbers as floats. */
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
  const weights = codesOf(prepared);
  copyWeights(prepared.model, model, weights);
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
      updateCodes(codes, hostOf(variable).data as Float32Array);
      return [path, codes];
    }),
  );
}

/** Sets the weights of `to` to copies of those of `from`, or to what their codes stand for. */
function copyWeights(
  from: tf.LayersModel,
  to: tf.LayersModel,
  codes: ReadonlyMap<string, WeightCodes>,
): void {
  const targets = new Map(weightsOf(to).map((weight) => [weight.path, weight]));
  for (const { path, variable } of weightsOf(from)) {
    const weight = codes.get(path);
    assign(targets.get(path)!, weight ? decode(weight) : variable.dataSync().slice());
  }
}

function assign({ variable }: Weight, data: tf.TypedArray): void {
  tf.tidy(() => variable.assign(tf.tensor(data, variable.shape, variable.dtype)));
}
