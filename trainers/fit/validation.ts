import * as tf from '@tensorflow/tfjs';
import { countExamples, fromHost } from '../../datasets/batch';
import type { BatchSource } from '../../datasets/batch';
import { UserError } from '../../lib/core/errors';
import { type HostTensor, hostTensor, sizeOf } from '../../lib/core/host-tensor';
import { toTensor } from '../../lib/core/to-tensor';
import type { Metric } from '../metric';
import type { CompiledMetric } from './compile-args';
import type { Examples } from './examples';
import { meanOf } from './fit-loss';

/**
 * The first `floor((1 − share) · examples)` to train on, and the last ones to evaluate on, as in tfjs.
 *
 * @throws UserError for a share outside [0, 1), one that leaves nothing to train on, and tensors of different lengths.
 */
export function splitOff(
  { xs, ys, weights }: Examples,
  share: number,
): { train: Examples; dev: Examples | undefined } {
  if (!(share >= 0 && share < 1)) {
    throw new UserError(`Expected a validationSplit in [0, 1), the share to evaluate on, got ${share}.`);
  }
  const examples = countExamples([...xs, ...ys]);
  const at = Math.floor(examples * (1 - share));
  if (at === 0) {
    throw new UserError(
      `Expected a validationSplit that leaves examples to train on, got ${share} of ${examples}; make it smaller.`,
    );
  }
  const part = (from: number, to: number): Examples => ({
    xs: xs.map((x) => rows(x, from, to)),
    ys: ys.map((y) => rows(y, from, to)),
    weights: weights.map((each) => rows(each, from, to)),
  });
  return { train: part(0, at), dev: at < examples ? part(at, examples) : undefined };
}

function rows({ data, shape }: HostTensor, from: number, to: number): HostTensor {
  const width = sizeOf(shape.slice(1));
  return hostTensor(data.subarray(from * width, to * width), [to - from, ...shape.slice(1)]);
}

/** Batches in the order of the examples, which all count the same. */
export function inOrder({ xs, ys }: Examples, batchSize: number): BatchSource {
  return fromHost(xs, ys, { batchSize, shuffle: false });
}

/** A metric of tfjs over all examples at once. */
export function metricOf({ score, output }: CompiledMetric): Metric {
  const metric = (predictions: HostTensor, labels: HostTensor): number =>
    tf.tidy(() => meanOf(score, toTensor(labels), toTensor(predictions)).dataSync()[0]!);
  return Object.assign(metric, { output });
}
