import { sqnr } from '../../lib/analysis/sqnr';
import { expectConvertible } from '../../lib/compress/convertible';
import type { Prepared } from '../../lib/compress/prepared';
import { configured } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import { weightsOf } from '../../lib/core/weights';
import { effectiveValues, maskOf } from '../../lib/pruning/model-masks';
import { configOfSpec } from '../../lib/quantization/spec-config';
import { decode } from '../../lib/quantization/decode';
import type { QuantizerMode } from '../../lib/quantization/transforms/quantizer';
import type { Callback, Training } from '../callback';

/** Options of {@link quantization}. */
export interface QuantizationCallbackOptions {
  /** The model in training, with its quantizers. */
  readonly prepared: Prepared;
  /**
   * Optimizer steps after which quantization begins: until then observers watch and nothing is rounded, then step sizes that are learned
   * begin with the weights as they are. Without it the quantizers' modes are left as they are, which is from the first step on at first.
   */
  readonly beginStep?: number;
  /** Optimizer steps after which the observed ranges of activations stay as they are; ranges that are learned go on. */
  readonly freezeObserversAt: number;
  /** Optimizer steps between two logs of `quant/scale/<layer>` and `quant/sqnr/<weight>`; one epoch by default. */
  readonly logEvery?: number;
}

/**
 * Begins quantization-aware training late, if asked, freezes its observers late, so that the last steps train against the ranges that
 * are exported, and logs the scales of activations and the signal-to-quantization-noise ratio of weights, in decibels.
 *
 * Training does not begin if the model could not be converted after it, or for steps that do not fit together.
 *
 * @throws UserError (when training begins) for a beginning that is not before the end, and for observers that freeze before it, or after
 * the end.
 */
export function quantization(options: QuantizationCallbackOptions): Callback {
  const { prepared, logEvery } = options;
  let mode: QuantizerMode | undefined;
  const enter = ({ step }: Training) => {
    const due = modeAt(step, options);
    if (due !== mode && due) prepared.setMode(due);
    mode = due;
  };
  const callback: Callback = {
    name: 'quantization',
    countsFrom: () => options.beginStep ?? 0,
    onTrainBegin(training) {
      expectConvertible(prepared.model, prepared.attachments);
      expectOrder(options, training);
      enter(training);
    },
    async onStepEnd(training) {
      if (training.step === options.beginStep) startLearning(prepared, training);
      enter(training);
      if (training.step % (logEvery ?? training.stepsPerEpoch) > 0) return;
      await logScales(training, prepared);
      logNoise(training, prepared);
    },
  };
  const { beginStep, freezeObserversAt } = options;
  return configured(callback, 'quantization', { beginStep, freezeObserversAt, ...quantizersOf(prepared) });
}

/** What is quantized, by specs and observers. */
function quantizersOf({ weights, inputs }: Prepared): { readonly weights: object; readonly inputs: object } {
  return {
    weights: Object.fromEntries([...weights].map(([path, { spec }]) => [path, configOfSpec(spec)])),
    inputs: Object.fromEntries(
      [...inputs].map(([layer, { observer }]) => [layer, observer?.config ?? 'dynamic']),
    ),
  };
}

/** Undefined where nobody asked for one. */
function modeAt(
  step: number,
  { beginStep, freezeObserversAt }: QuantizationCallbackOptions,
): QuantizerMode | undefined {
  if (beginStep !== undefined && step < beginStep) return 'observe';
  if (step >= freezeObserversAt) return 'quantize';
  return beginStep === undefined ? undefined : 'both';
}

/** Step sizes of the weights as they are; the parameters' memory takes them over before the checkpoint. */
function startLearning({ weights }: Prepared, { parameters }: Training): void {
  weights.forEach(({ steps }) => steps?.start());
  parameters.rebind();
}

function expectOrder(
  { beginStep = 0, freezeObserversAt }: QuantizationCallbackOptions,
  { totalSteps }: Training,
): void {
  const isWithin =
    [beginStep, freezeObserversAt].every(Number.isInteger) &&
    beginStep >= 0 &&
    (beginStep < totalSteps || beginStep === 0);
  if (isWithin && beginStep <= freezeObserversAt && freezeObserversAt <= totalSteps) return;
  throw new UserError(
    `Expected whole numbers 0 <= beginStep < ${totalSteps}, the steps of the training, and beginStep <= freezeObserversAt <= ${totalSteps}, got ` +
      `beginStep ${beginStep} and freezeObserversAt ${freezeObserversAt}; ${freezeObserversAt > totalSteps ? 'freeze earlier' : 'begin earlier or freeze later'}.`,
  );
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
    const data = effectiveValues(variable) as Float32Array;
    const encoded = quantizer.encode({ data, shape: variable.shape }, maskOf(variable));
    training.log(`quant/sqnr/${path}`, sqnr(data, decode(encoded)));
  }
}
