import type { Prepared } from '../../lib/compress/prepare';
import type { Callback, Training } from '../callback';

export interface QuantizationCallbackOptions {
  /** The model in training, with its quantizers. */
  readonly prepared: Pick<Prepared, 'observers' | 'freezeObservers'>;
  /** Optimizer steps after which the ranges of activations stay as they are. */
  readonly freezeObserversAt: number;
  /** Optimizer steps between two logs of `quant/scale/<layer>`; one epoch by default. */
  readonly logEvery?: number;
}

/**
 * Freezes the observers of quantization-aware training late, so that the last steps train against the ranges that are exported,
 * and logs the scales of activations.
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
      if (training.step % (logEvery ?? training.stepsPerEpoch) === 0)
        await logScales(training, prepared.observers);
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
