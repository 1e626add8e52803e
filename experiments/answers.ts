import { batchSource } from '../datasets/batches';
import type { Texts } from '../datasets/dataset';
import { tokenizerOf } from '../datasets/tokenizer/tokenizer-of';
import { UserError } from '../lib/core/errors';
import type { HostTensor } from '../lib/core/host-tensor';
import type { LoadedHuggingFace } from '../lib/export/hugging-face/folder';
import { predictAll } from '../trainers/evaluate';

const BATCH_SIZE = 32;

/** Refuses a model whose classifier would be drawn at random. */
export function expectTrained({ fresh }: LoadedHuggingFace, folder: string): void {
  if (fresh.length === 0) return;
  throw new UserError(
    `Expected a trained classifier in ${folder}, but it has no ${fresh.join(', ')}; train it first.`,
  );
}

/** Refuses what a broken model answers. @param before how many texts were answered before these. */
export function expectNumbers({ data, shape: [examples = 1] }: HostTensor, folder: string, before = 0): void {
  const first = data.findIndex((value: number) => !Number.isFinite(value));
  if (first < 0) return;
  const text = before + Math.floor(first / (data.length / examples)) + 1;
  throw new UserError(
    `Expected numbers as the answers of ${folder}, got ${data[first]} for text ${text}: its weights are broken; train it again ` +
      'with a smaller learning rate.',
  );
}

/**
 * What a model makes of texts: logits, or for a regression one number each.
 *
 * @param maxLength pieces that are read; as many as the model has positions by default.
 * @returns [examples, labels]
 */
export async function outputsOf(
  loaded: LoadedHuggingFace,
  examples: readonly Texts[],
  maxLength = loaded.config.maxPositions,
): Promise<HostTensor> {
  const { config, tokenizerFiles } = loaded;
  const source = batchSource(
    examples.map((example) => ({ ...example, label: 0 })),
    tokenizerOf(tokenizerFiles),
    { batchSize: BATCH_SIZE, maxLength: Math.min(maxLength, config.maxPositions), shuffle: false },
  );
  return (await predictAll(loaded, source)).predictions;
}

/** The outputs of one example. */
export function outputsOfRow({ data, shape: [examples = 1] }: HostTensor, row: number): Float32Array {
  const size = data.length / examples;
  return (data as Float32Array).subarray(row * size, (row + 1) * size);
}
