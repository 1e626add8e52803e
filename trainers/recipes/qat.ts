import { Compressed } from '../../lib/compress/compressed';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { Rules } from '../../lib/compress/rules';
import { staticInt8 } from '../../lib/compress/scheme';
import { UserError } from '../../lib/core/errors';
import { quantization } from '../callbacks/quantization';
import { evaluate } from '../evaluate';
import { InferenceOptions } from '../inference';
import { footprintOf } from './footprint';
import { expectNames } from './method-names';
import { Label, Outcome, RecipeOptions, stepsOf } from './setup';
import { openSubject } from './subject';
import { trainFresh } from './train-fresh';
import { measured, trainMethod } from './train-method';
import { training } from './trainings';

/** A way of training for quantization. */
export interface QatMethod {
  /** Of its row. */
  readonly name: string;
  /** What is quantized, and how: `staticInt8()`, `lsq()`, `pact()`, `weightOnly(ternary(…))`, … */
  readonly rules: Rules;
}

export interface QatOptions extends RecipeOptions {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** One row each; `qat`, with `staticInt8()`, by default. */
  readonly methods?: readonly QatMethod[];
  /**
   * When quantization begins, as a fraction of the training; 0, at once, by default. Before it the model trains in floats and observers
   * watch.
   */
  readonly beginAt?: number;
  /**
   * When observers freeze, as a fraction of the training: the steps after it train against the ranges that are exported. What is learned is
   * exported as it is, so it never freezes.
   */
  readonly freezeObserversAt: number;
  /** How the converted model is run for the reported score. */
  readonly inference?: InferenceOptions;
}

/**
 * Quantization-aware training: the model trains with fake-quantized weights and activations, the observers freeze late, and what
 * is reported is the score of the *converted* model, run as its exported file. The dense model is trained beside, for as many
 * steps, from the same first weights, and so is one for each method.
 *
 * Jacob et al., 2018 (arXiv:1712.05877).
 *
 * @returns `dense`, then one of each method.
 * @throws UserError for fractions that do not fit together, and for methods of one name; nothing is trained then.
 *
 * @example await qat({ setup, folder, seed: 0, freezeObserversAt: 0.8, methods: [{ name: 'lsq', rules: lsq() }] });
 */
export async function qat(options: QatOptions): Promise<Outcome[]> {
  const { seed, methods = [{ name: 'qat', rules: staticInt8() }] } = options;
  validate(options);
  expectNames(methods);
  const count = methods.length + 1;
  const outcomes = [await trainFresh(options, { method: 'dense', role: 'baseline', seed, index: 0, count })];
  for (const [i, { name, rules }] of methods.entries()) {
    const label = { method: name, role: 'method', seed, index: i + 1, count } as const;
    outcomes.push(
      await training(options, label, (folder) => trainQuantized(options, { label, rules, folder })),
    );
  }
  return outcomes;
}

function validate({ beginAt = 0, freezeObserversAt }: QatOptions): void {
  if (beginAt >= 0 && beginAt < 1 && beginAt <= freezeObserversAt) return;
  throw new UserError(
    `Expected 0 <= beginAt < 1 and beginAt <= freezeObserversAt, as fractions of the training, got beginAt ${beginAt} and ` +
      `freezeObserversAt ${freezeObserversAt}; begin earlier or freeze later.`,
  );
}

interface Quantized {
  readonly label: Label;
  readonly rules: Rules;
  readonly folder: string;
}

async function trainQuantized(options: QatOptions, { label, rules, folder }: Quantized): Promise<Outcome> {
  const { setup, observer, beginAt = 0 } = options;
  const model = await setup.model(label.seed);
  const prepared = prepare(model, rules); // before its parameters are made: a quantizer may have some of its own
  const subject = await openSubject(setup, model);
  try {
    const steps = stepsOf(setup, label.seed);
    const callback = quantization({
      prepared,
      ...(beginAt > 0 ? { beginStep: Math.floor(beginAt * steps) } : {}),
      freezeObserversAt: Math.round(options.freezeObserversAt * steps),
    });
    const outcome = await trainMethod(subject, label, { folder, observer, callbacks: [callback] });
    return await finish(convert(prepared), options, label, outcome);
  } finally {
    prepared.detach();
    subject.dispose();
  }
}

/** Scores a converted model and hands it over; then lets it go. */
async function finish(
  compressed: Compressed,
  options: QatOptions,
  label: Label,
  trained: Outcome,
): Promise<Outcome> {
  const { setup, observer, inference } = options;
  const { loss, metrics, dev } = setup;
  try {
    const scores = await evaluate(compressed, dev, { loss, metrics, ...inference });
    const footprint = await footprintOf(options, compressed, label);
    const outcome = { ...trained, ...measured(compressed), metrics: scores, ...footprint };
    await observer?.onTrained?.(compressed, label, outcome);
    return outcome;
  } finally {
    compressed.model.dispose();
  }
}
