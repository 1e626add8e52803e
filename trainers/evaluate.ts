import * as tf from '@tensorflow/tfjs';
import { allLabels, type BatchSource } from '../datasets/batch';
import { UserError } from '../lib/core/errors';
import { HostTensor, hostTensor } from '../lib/core/host-tensor';
import { toTensor } from '../lib/core/to-tensor';
import type { Metrics } from './callback';
import { type Compressed, compressedOf } from '../lib/compress/compressed';
import { checkedSource } from './checked-source';
import type { Engine } from './engine';
import { Inference, inferenceOf, InferenceOptions } from './inference';
import { type Loss, lossOf } from './losses';
import type { Metric } from './metrics';

/** A model's outputs and the truth, row by row. */
export interface Predictions {
  /** [examples, ...] */
  readonly predictions: HostTensor;
  /** [examples, ...] */
  readonly labels: HostTensor;
}

/** What can be asked: the engine of a training, a model, or a compressed one. */
export type Answering = AnsweringEngine | tf.LayersModel | Compressed;

/** What is asked of an engine: its predictions, and afterwards that its backend is the current one. */
export type AnsweringEngine = Pick<Engine, 'inference'> & Partial<Pick<Engine, 'use'>>;

/** The model's output for every example of a source, in the order in which its epoch 0 gives them. */
export async function predictAll(
  subject: Answering,
  source: BatchSource,
  options?: InferenceOptions,
): Promise<Predictions> {
  const { predictions, labels } = await answersOf(subject, source, { ...options, several: false });
  return { predictions: predictions[0]!, labels: labels[0]! };
}

/** Every output and every label of a source, by their places. */
interface Answers {
  readonly predictions: readonly HostTensor[];
  readonly labels: readonly HostTensor[];
}

async function answersOf(
  subject: Answering,
  source: BatchSource,
  { several, ...options }: InferenceOptions & { readonly several: boolean },
): Promise<Answers> {
  const inference = await ('inference' in subject ? subject.inference() : inferenceOf(subject, options));
  try {
    return await answerEach(inference, source, several);
  } finally {
    await inference.dispose();
  }
}

async function answerEach(inference: Inference, source: BatchSource, several: boolean): Promise<Answers> {
  const predictions: (readonly HostTensor[])[] = [];
  const labels: (readonly HostTensor[])[] = [];
  for await (const batch of source.epoch(0)) {
    const all = several ? await inference.outputs?.(batch.xs) : undefined;
    predictions.push(all ?? [await inference.predict(batch.xs)]);
    labels.push(allLabels(batch));
  }
  if (predictions.length === 0)
    throw new UserError('Expected at least one example to evaluate on, received none.');
  return { predictions: joined(predictions), labels: joined(labels) };
}

/** Tensors of each batch, joined by their places. */
const joined = (batches: readonly (readonly HostTensor[])[]): HostTensor[] =>
  batches[0]!.map((_, place) => concatenate(batches.map((tensors) => tensors[place]!)));

/** Options of {@link evaluate}: what is measured and, of a model, how it runs. */
export interface EvaluateOptions extends InferenceOptions {
  /** Of which the mean over the examples is reported, as `loss`. */
  readonly loss: Loss;
  /** By the name under which they are reported. */
  readonly metrics?: Readonly<Record<string, Metric>>;
}

/**
 * The mean loss (as `loss`) and the metrics of a model on a source. They are computed once, on all predictions together, so an
 * example in a short last batch weighs as much as any other.
 *
 * @param subject an engine, whose model is asked as it is now; or a model or a compressed one, which answers as its exported file.
 *
 * @example await evaluate(convert(prepared), dev, { loss: softmaxCrossEntropy, metrics: { accuracy: metrics.accuracy } });
 */
export async function evaluate(
  subject: Answering,
  source: BatchSource,
  { loss, metrics = {}, ...options }: EvaluateOptions,
): Promise<Metrics> {
  const several = loss.ofSeveral !== undefined;
  const { predictions, labels } = await answersOf(subject, checked(subject, source, loss), {
    ...options,
    several,
  });
  if ('inference' in subject) subject.use?.();
  const values = Object.entries(metrics).map(
    ([name, metric]) =>
      [name, metric(predictions[metric.output ?? 0]!, labels[metric.output ?? 0]!)] as const,
  );
  return { loss: await meanLoss(loss, { predictions, labels }), ...Object.fromEntries(values) };
}

/** A training checks its batches itself. */
function checked(subject: Answering, source: BatchSource, loss: Loss): BatchSource {
  return 'inference' in subject ? source : checkedSource(source, compressedOf(subject).model, loss);
}

async function meanLoss(loss: Loss, { predictions, labels }: Answers): Promise<number> {
  const mean = tf.tidy(() => lossOf(loss, predictions.map(toTensor), labels.map(toTensor)));
  const [value] = await mean.data();
  mean.dispose();
  return value as number;
}

/** Joins tensors along their first axis. */
function concatenate(parts: readonly HostTensor[]): HostTensor {
  const [first] = parts as [HostTensor];
  const row = first.shape.slice(1);
  const stranger = parts.find(({ shape }) => shape.slice(1).join() !== row.join());
  if (stranger) {
    throw new UserError(
      `Expected batches whose outputs differ in their first size only, received [${first.shape.join(', ')}] and ` +
        `[${stranger.shape.join(', ')}]; pad all batches to one length.`,
    );
  }
  const data = first.data.slice(0, 0).constructor as new (length: number) => HostTensor['data'];
  const joined = new data(parts.reduce((sum, part) => sum + part.data.length, 0));
  parts.reduce((offset, part) => (joined.set(part.data, offset), offset + part.data.length), 0);
  return hostTensor(joined, [parts.reduce((sum, { shape }) => sum + (shape[0] as number), 0), ...row]);
}
