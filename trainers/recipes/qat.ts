import { Compressed } from '../../lib/compress/compressed';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { Rules } from '../../lib/compress/rules';
import { staticInt8 } from '../../lib/compress/scheme';
import { UserError } from '../../lib/core/errors';
import { quantization } from '../callbacks/quantization';
import { evaluate } from '../evaluate';
import { InferenceOptions } from '../inference';
import { Label, Outcome, RecipeOptions, stepsOf } from './setup';
import { openSubject } from './subject';
import { trainFresh } from './train-fresh';
import { measured, trainMethod } from './train-method';
import { training } from './trainings';

export interface QatOptions extends RecipeOptions {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** What is quantized, and how: `staticInt8()`, by default, `lsq()`, `pact()`, `weightOnly(ternary(…))`, … */
  readonly rules?: Rules;
  /** What the rows of the outcome are called: `qat` by default. */
  readonly method?: string;
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
 * steps, from the same first weights.
 *
 * Jacob et al., 2018 (arXiv:1712.05877).
 *
 * @returns `dense`, then `qat`, or what `method` says.
 * @throws UserError for fractions that do not fit together; nothing is trained then.
 *
 * @example await qat({ setup, folder, seed: 0, freezeObserversAt: 0.8 });
 */
export async function qat(options: QatOptions): Promise<Outcome[]> {
  const { seed, method = 'qat' } = options;
  validate(options);
  const dense = { method: 'dense', role: 'baseline', seed, index: 0, count: 2 } as const;
  const label = { method, role: 'method', seed, index: 1, count: 2 } as const;
  return [
    await trainFresh(options, dense),
    await training(options, label, (folder) => trainQuantized(options, label, folder)),
  ];
}

function validate({ beginAt = 0, freezeObserversAt }: QatOptions): void {
  if (beginAt >= 0 && beginAt < 1 && beginAt <= freezeObserversAt) return;
  throw new UserError(
    `Expected 0 <= beginAt < 1 and beginAt <= freezeObserversAt, as fractions of the training, got beginAt ${beginAt} and ` +
      `freezeObserversAt ${freezeObserversAt}; begin earlier or freeze later.`,
  );
}

async function trainQuantized(options: QatOptions, label: Label, folder: string): Promise<Outcome> {
  const { setup, observer, rules = staticInt8(), beginAt = 0 } = options;
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
    const outcome = { ...trained, ...measured(compressed), metrics: scores };
    await observer?.onTrained?.(compressed, label, outcome);
    return outcome;
  } finally {
    compressed.model.dispose();
  }
}
