import * as tf from '@tensorflow/tfjs';
import type { BatchSource } from '../datasets/batch';
import { UserError } from '../lib/core/errors';
import { HostTensor, hostTensor } from '../lib/core/host-tensor';
import type { Metrics } from './callback';
import { type Compressed, compressedOf } from '../lib/compress/compressed';
import { checkedSource } from './checked-source';
import type { Engine } from './engine';
import { Inference, inferenceOf, InferenceOptions } from './inference';
import type { Loss } from './losses';
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

type AnsweringEngine = Pick<Engine, 'inference'> & Partial<Pick<Engine, 'use'>>;

/** The model's output for every example of a source, in the order in which its epoch 0 gives them. */
export async function predictAll(
  subject: Answering,
  source: BatchSource,
  options?: InferenceOptions,
): Promise<Predictions> {
  const inference = await ('inference' in subject ? subject.inference() : inferenceOf(subject, options));
  try {
    return await predictEach(inference, source);
  } finally {
    await inference.dispose();
  }
}

async function predictEach(inference: Inference, source: BatchSource): Promise<Predictions> {
  const predictions: HostTensor[] = [];
  const labels: HostTensor[] = [];
  for await (const { xs, ys } of source.epoch(0)) {
    predictions.push(await inference.predict(xs));
    labels.push(ys);
  }
  if (predictions.length === 0)
    throw new UserError('Expected at least one example to evaluate on, received none.');
  return { predictions: concatenate(predictions), labels: concatenate(labels) };
}

export interface EvaluateOptions extends InferenceOptions {
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
  const { predictions, labels } = await predictAll(subject, checked(subject, source, loss), options);
  if ('inference' in subject) subject.use?.();
  const values = Object.entries(metrics).map(
    ([name, metric]) => [name, metric(predictions, labels)] as const,
  );
  return { loss: await meanLoss(loss, predictions, labels), ...Object.fromEntries(values) };
}

/** A training checks its batches itself. */
function checked(subject: Answering, source: BatchSource, loss: Loss): BatchSource {
  return 'inference' in subject ? source : checkedSource(source, compressedOf(subject).model, loss);
}

async function meanLoss(loss: Loss, predictions: HostTensor, labels: HostTensor): Promise<number> {
  const mean = tf.tidy(() => loss(toTensor(predictions), toTensor(labels)));
  const [value] = await mean.data();
  mean.dispose();
  return value as number;
}

function toTensor({ data, shape, dtype }: HostTensor): tf.Tensor {
  return tf.tensor(data, shape, dtype);
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
