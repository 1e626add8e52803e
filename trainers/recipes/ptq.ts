import { prepare } from '../../lib/compress/prepare';
import { expectNames } from './method-names';
import { PtqMethod, quantizeTrained, QuantizingOptions, trainDense } from './quantizing';
import type { Outcome } from './setup';

export type { PtqMethod } from './quantizing';

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
  const count = methods.length + 1;
  const outcomes = [await trainDense(options, count)];
  for (const [i, method] of methods.entries()) {
    outcomes.push(await quantizeTrained(options, method, { index: i + 1, count, dense: outcomes[0]! }));
  }
  return outcomes;
}

async function expectRules({ setup, seed, methods }: PtqOptions): Promise<void> {
  const model = await setup.model(seed);
  try {
    methods.forEach(({ rules }) => prepare(model, rules).detach());
  } finally {
    model.dispose();
  }
}
