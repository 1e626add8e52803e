import type * as tf from '@tensorflow/tfjs';
import { Converted, convert } from '../../lib/compress/convert';
import { prepare, QuantizationOptions } from '../../lib/compress/prepare';
import { quantization } from '../callbacks/quantization';
import type { EngineFactory } from '../engine';
import { evaluate } from '../evaluate';
import { parametersOf } from '../parameters';
import { attachIntegerWeights } from './integer-weights';
import { Label, Outcome, RecipeOptions, stepsOf } from './setup';
import { openSubject } from './subject';
import { trainFresh } from './train-fresh';
import { measured, trainMethod } from './train-method';
import { training } from './trainings';

export interface QatOptions extends RecipeOptions {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Which parts are quantized; all, in 8 bits, by default. */
  readonly quantization?: QuantizationOptions;
  /** Names of layers that stay in floats; none by default. */
  readonly exclude?: readonly string[];
  /** When observers freeze, as a fraction of the training: the steps after it train against the ranges that are exported. */
  readonly freezeObserversAt: number;
  /** What runs the converted model for the reported score: the compiled engine, to have it on integer kernels. */
  readonly inference: EngineFactory;
}

/**
 * Quantization-aware training: the model trains with fake-quantized weights and activations, the observers freeze late, and what
 * is reported is the score of the *converted* model. The dense model is trained beside, for as many steps, from the same first
 * weights.
 *
 * Jacob et al., 2018 (arXiv:1712.05877).
 *
 * @returns `dense`, then `qat`.
 *
 * @example await qat({ setup, folder, seed: 0, freezeObserversAt: 0.8, inference: compiledEngine });
 */
export async function qat(options: QatOptions): Promise<Outcome[]> {
  const { seed } = options;
  const dense = { method: 'dense', role: 'baseline', seed, index: 0, count: 2 } as const;
  const label = { method: 'qat', role: 'method', seed, index: 1, count: 2 } as const;
  return [
    await trainFresh(options, dense),
    await training(options, label, (folder) => trainQuantized(options, label, folder)),
  ];
}

async function trainQuantized(options: QatOptions, label: Label, folder: string): Promise<Outcome> {
  const { setup, observer, exclude } = options;
  const subject = await openSubject(setup, label.seed);
  const prepared = prepare(subject.model, { quantization: options.quantization ?? {}, exclude });
  try {
    const freezing = quantization({
      prepared,
      freezeObserversAt: Math.round(options.freezeObserversAt * stepsOf(setup, label.seed)),
    });
    const outcome = await trainMethod(subject, label, { folder, observer, callbacks: [freezing] });
    return await finish(convert(prepared), options, label, outcome);
  } finally {
    prepared.detach();
    subject.dispose();
  }
}

/** Scores a converted model on its stored codes and hands it over; then lets it go. */
async function finish(
  converted: Converted,
  options: QatOptions,
  label: Label,
  trained: Outcome,
): Promise<Outcome> {
  const attached = attachIntegerWeights(converted);
  try {
    const metrics = await score(converted.model, options);
    const outcome = { ...trained, ...measured(converted), bits: 8, metrics };
    await options.observer?.onTrained?.(converted.model, label, outcome);
    return outcome;
  } finally {
    attached.forEach((attachment) => attachment.detach());
    converted.model.dispose();
  }
}

/** Dev metrics of a model. */
async function score(model: tf.LayersModel, { setup, inference }: QatOptions): Promise<Outcome['metrics']> {
  const parameters = parametersOf(model);
  const engine = await inference(model, parameters, setup.loss);
  try {
    return await evaluate(engine, setup.dev, { loss: setup.loss, metrics: setup.metrics });
  } finally {
    engine.dispose();
    parameters.dispose();
  }
}
