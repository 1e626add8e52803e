import * as path from 'node:path';
import { batchSource } from '../datasets/batches';
import { tokenizerOf } from '../datasets/tokenizer-of';
import { UserError } from '../lib/core/errors';
import { LoadedHuggingFace, loadHuggingFace } from '../lib/export/hugging-face';
import { compiledEngine } from '../trainers/engines/compiled';
import { predictAll } from '../trainers/evaluate';
import { softmaxCrossEntropy } from '../trainers/losses';
import { parametersOf } from '../trainers/parameters';
import { main } from './main';
import { plainCommand } from './options';
import { formatTable, percent } from './table';

/** Answers with a trained model: a Hugging Face folder, such as a run's `model`. */
async function predict(argv: readonly string[]): Promise<void> {
  const command = plainCommand('predict', 'Classifies sentences with a trained BERT.')
    .requiredOption('--model <folder>', "Hugging Face folder: a run's `model`, for example", (folder) =>
      path.resolve(folder),
    )
    .argument('<sentences...>', 'each in quotation marks')
    .parse([...argv], { from: 'user' });
  const { model: folder } = command.opts<{ model: string }>();
  const sentences = command.args;
  const loaded = loadHuggingFace(folder);
  const { labels, fresh } = loaded;
  if (fresh.length > 0) {
    throw new UserError(
      `Expected a trained classifier in ${folder}, but it has no ${fresh.join(', ')}; train it first.`,
    );
  }
  const logits = await logitsOf(loaded, sentences);
  const rows = sentences.map((sentence, i) => {
    const probabilities = softmax(logits.subarray(i * labels.length, (i + 1) * labels.length));
    const best = probabilities.indexOf(Math.max(...probabilities));
    return [sentence, labels[best]!, ...probabilities.map(percent)];
  });
  process.stdout.write(`${formatTable({ columns: ['sentence', 'label', ...labels], rows })}\n`);
}

/** [sentences · labels] */
async function logitsOf(loaded: LoadedHuggingFace, sentences: readonly string[]): Promise<Float32Array> {
  const { model, config, tokenizerFiles } = loaded;
  const examples = sentences.map((text) => ({ text, label: 0 }));
  const source = batchSource(examples, tokenizerOf(tokenizerFiles), {
    batchSize: 32,
    maxLength: config.maxPositions,
    shuffle: false,
  });
  const engine = await compiledEngine()(model, parametersOf(model), softmaxCrossEntropy);
  const { predictions } = await predictAll(engine, source);
  engine.dispose();
  return predictions.data as Float32Array;
}

function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

void main(predict);
