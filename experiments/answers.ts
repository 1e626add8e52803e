import { batchSource } from '../datasets/batches';
import type { Texts } from '../datasets/dataset';
import { tokenizerOf } from '../datasets/tokenizer-of';
import { UserError } from '../lib/core/errors';
import type { HostTensor } from '../lib/core/host-tensor';
import type { LoadedHuggingFace } from '../lib/export/hugging-face';
import { compiledEngine } from '../trainers/engines/compiled';
import { predictAll } from '../trainers/evaluate';
import { softmaxCrossEntropy } from '../trainers/losses';
import { parametersOf } from '../trainers/parameters';

const BATCH_SIZE = 32;

/** Refuses a model whose classifier would be drawn at random. */
export function expectTrained({ fresh }: LoadedHuggingFace, folder: string): void {
  if (fresh.length === 0) return;
  throw new UserError(
    `Expected a trained classifier in ${folder}, but it has no ${fresh.join(', ')}; train it first.`,
  );
}

/**
 * What a model makes of texts: logits, or for a regression one number each.
 *
 * @param maxLength pieces that are read; as many as the model has positions by default.
 * @returns [examples, labels]
 */
export async function outputsOf(
  { model, config, tokenizerFiles }: LoadedHuggingFace,
  examples: readonly Texts[],
  maxLength = config.maxPositions,
): Promise<HostTensor> {
  const source = batchSource(
    examples.map((example) => ({ ...example, label: 0 })),
    tokenizerOf(tokenizerFiles),
    { batchSize: BATCH_SIZE, maxLength: Math.min(maxLength, config.maxPositions), shuffle: false },
  );
  const engine = await compiledEngine()(model, parametersOf(model), softmaxCrossEntropy);
  try {
    return (await predictAll(engine, source)).predictions;
  } finally {
    engine.dispose();
  }
}
