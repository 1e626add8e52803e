import { sqnr } from '../../lib/analysis/sqnr';
import { expectConvertible } from '../../lib/compress/convertible';
import type { Prepared } from '../../lib/compress/prepared';
import { hostOf } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { maskOf } from '../../lib/pruning/model-masks';
import { decode } from '../../lib/quantization/decode';
import type { Callback, Training } from '../callback';

export interface QuantizationCallbackOptions {
  /** The model in training, with its quantizers. */
  readonly prepared: Prepared;
  /** Optimizer steps after which the ranges of activations stay as they are. */
  readonly freezeObserversAt: number;
  /** Optimizer steps between two logs of `quant/scale/<layer>` and `quant/sqnr/<weight>`; one epoch by default. */
  readonly logEvery?: number;
}

/**
 * Freezes the observers of quantization-aware training late, so that the last steps train against the ranges that are exported,
 * and logs the scales of activations and the signal-to-quantization-noise ratio of weights, in decibels.
 *
 * Training does not begin if the model could not be converted after it.
 */
export function quantization(options: QuantizationCallbackOptions): Callback {
  const { prepared, freezeObserversAt, logEvery } = options;
  let frozen = false;
  const freezeIfDue = ({ step }: Training) => {
    if (!frozen && step >= freezeObserversAt) prepared.setMode('quantize');
    frozen ||= step >= freezeObserversAt;
  };
  return {
    name: 'quantization',
    onTrainBegin(training) {
      expectConvertible(prepared.model, prepared.attachments);
      freezeIfDue(training);
    },
    async onStepEnd(training) {
      freezeIfDue(training);
      if (training.step % (logEvery ?? training.stepsPerEpoch) > 0) return;
      await logScales(training, prepared);
      logNoise(training, prepared);
    },
  };
}

async function logScales(training: Training, { inputs }: Prepared): Promise<void> {
  for (const [layer, { observer }] of inputs) {
    if (!observer) continue; // a dynamic range is another in every batch
    const { scale, zeroPoint } = observer.qparams();
    const [value] = await scale.data();
    training.log(`quant/scale/${layer}`, value as number);
    scale.dispose();
    zeroPoint.dispose();
  }
}

function logNoise(training: Training, { model, weights }: Prepared): void {
  for (const { path, variable } of weightsOf(model)) {
    const quantizer = weights.get(path);
    if (!quantizer) continue;
    const data = hostOf(variable).data as Float32Array;
    const encoded = quantizer.encode({ data, shape: variable.shape }, maskOf(variable));
    training.log(`quant/sqnr/${path}`, sqnr(data, decode(encoded)));
  }
}
