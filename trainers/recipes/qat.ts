import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { Rules } from '../../lib/compress/rules';
import { identityOfRules } from '../../lib/compress/rules-identity';
import { staticInt8 } from '../../lib/compress/scheme';
import { UserError } from '../../lib/core/errors';
import { quantization } from '../callbacks/quantization';
import type { InferenceOptions } from '../inference';
import { densePhase } from './dense';
import { expectNames } from './method-names';
import type { Phase } from './phase';
import { runPhases } from './phases';
import type { Outcome, RecipeOptions } from './setup';

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
  const phases = methods.map((method) => qatPhase({ ...options, ...method }));
  return runPhases(options, [densePhase(seed), ...phases]);
}

export interface QatPhaseOptions
  extends QatMethod, Pick<QatOptions, 'seed' | 'beginAt' | 'freezeObserversAt'> {}

/** Training for quantization, which ends with codes. */
export function qatPhase(options: QatPhaseOptions, more: Partial<Phase> = {}): Phase {
  const { seed, name, rules, beginAt = 0, freezeObserversAt } = options;
  return {
    label: { method: name, role: 'method', seed },
    identity: { rules: identityOfRules(rules), beginAt, freezeObserversAt },
    attach: (model, steps) => {
      const prepared = prepare(model, rules);
      const beginning = beginAt > 0 ? { beginStep: Math.floor(beginAt * steps) } : {};
      const freezing = { freezeObserversAt: Math.round(freezeObserversAt * steps) };
      return {
        callbacks: [quantization({ prepared, ...beginning, ...freezing })],
        end: () => convert(prepared),
        detach: () => prepared.detach(),
      };
    },
    ...more,
  };
}

function validate({ beginAt = 0, freezeObserversAt }: QatOptions): void {
  if (beginAt >= 0 && beginAt < 1 && beginAt <= freezeObserversAt && freezeObserversAt <= 1) return;
  throw new UserError(
    `Expected 0 <= beginAt < 1 and beginAt <= freezeObserversAt <= 1, as fractions of the training, got beginAt ${beginAt} and ` +
      `freezeObserversAt ${freezeObserversAt}; ${freezeObserversAt > 1 ? 'freeze earlier' : 'begin earlier or freeze later'}.`,
  );
}
