import { prepare } from '../../lib/compress/prepare';
import { expectNames } from './method-names';
import { runPhases } from './phases';
import { PtqMethod, quantizePhase, QuantizingOptions, trainedPhase } from './quantizing';
import type { Outcome } from './setup';

export type { PtqMethod } from './quantizing';

/** Options of {@link ptq}. */
export interface PtqOptions extends QuantizingOptions {
  /** One row each. */
  readonly methods: readonly PtqMethod[];
}

/**
 * Post-training quantization: a model is trained, or taken as it is where the setup has no epochs, and quantized in several ways, each
 * scored as its exported file. One that loses too much is said to, with the layers to leave in floats.
 *
 * @returns `dense`, then one of each method.
 * @throws UserError for rules that do not fit the model, and for methods of one name, before anything is trained.
 *
 * @example await ptq({ setup, folder, seed: 0, methods: [{ name: 'dynamic', rules: dynamicInt8() }] });
 */
export async function ptq(options: PtqOptions): Promise<Outcome[]> {
  const { methods } = options;
  expectNames(methods);
  await expectRules(options);
  const dense = trainedPhase(options);
  return runPhases(options, [dense, ...methods.map((method) => quantizePhase(options, method, dense))]);
}

async function expectRules({ setup, seed, methods }: PtqOptions): Promise<void> {
  const model = await setup.model(seed);
  try {
    methods.forEach(({ rules }) => prepare(model, rules).detach());
  } finally {
    model.dispose();
  }
}
