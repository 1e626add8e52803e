import { sqnr } from '../../lib/analysis/sqnr';
import type { Prepared } from '../../lib/compress/prepare';
import { hostOf } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { decode, makeCodes, updateCodes } from '../../lib/quantization/weight-codes';
import type { Callback, Training } from '../callback';

export interface QuantizationCallbackOptions {
  /** The model in training, with its quantizers. */
  readonly prepared: Pick<Prepared, 'model' | 'weights' | 'observers' | 'freezeObservers'>;
  /** Optimizer steps after which the ranges of activations stay as they are. */
  readonly freezeObserversAt: number;
  /** Optimizer steps between two logs of `quant/scale/<layer>` and `quant/sqnr/<weight>`; one epoch by default. */
  readonly logEvery?: number;
}

/**
 * Freezes the observers of quantization-aware training late, so that the last steps train against the ranges that are exported,
 * and logs the scales of activations and the signal-to-quantization-noise ratio of weights, in decibels.
 */
export function quantization(options: QuantizationCallbackOptions): Callback {
  const { prepared, freezeObserversAt, logEvery } = options;
  let frozen = false;
  const freezeIfDue = ({ step }: Training) => {
    if (!frozen && step >= freezeObserversAt) prepared.freezeObservers();
    frozen ||= step >= freezeObserversAt;
  };
  return {
    name: 'quantization',
    onTrainBegin: freezeIfDue,
    async onStepEnd(training) {
      freezeIfDue(training);
      if (training.step % (logEvery ?? training.stepsPerEpoch) > 0) return;
      await logScales(training, prepared.observers);
      logNoise(training, prepared);
    },
  };
}

async function logScales(training: Training, observers: Prepared['observers']): Promise<void> {
  for (const [layer, { observer }] of observers) {
    const { scale, zeroPoint } = observer.qparams();
    const [value] = await scale.data();
    training.log(`quant/scale/${layer}`, value as number);
    scale.dispose();
    zeroPoint.dispose();
  }
}

function logNoise(training: Training, { model, weights }: Pick<Prepared, 'model' | 'weights'>): void {
  for (const { path, variable } of weightsOf(model)) {
    const quantizer = weights.get(path);
    if (!quantizer) continue;
    const codes = makeCodes(variable.shape, quantizer.axis);
    const values = hostOf(variable).data as Float32Array;
    updateCodes(codes, values);
    training.log(`quant/sqnr/${path}`, sqnr(values, decode(codes)));
  }
}
