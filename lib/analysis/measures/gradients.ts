import * as tf from '@tensorflow/tfjs';
import { jit } from '../../compile/jit';
import { UserError } from '../../core/errors';
import { forward } from '../../forward/forward';
import { HostTensor, hostOf } from '../../core/host-tensor';
import { revisionOf } from '../../core/revision';
import type { Weight } from '../../core/weights';
import type { Subject } from './measure';

/** Batches with labels; a `BatchSource`'s epoch is such. */
export type LabelledData = AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;

/** A batch as a {@link Batch} has it; its size is not asked for. */
export interface LabelledBatch {
  /** What the model takes, in the order of its inputs. */
  readonly xs: readonly HostTensor[];
  /** As the loss takes them, [size, …]. */
  readonly ys: HostTensor;
}

/** What gradients are taken of. */
export interface GradientOptions {
  /** Read once. */
  readonly data: LabelledData;
  /** The mean over a batch's examples of what training minimises. */
  readonly loss: (predictions: tf.Tensor, labels: tf.Tensor) => tf.Scalar;
}

/** Computes gradients of the loss in inference (without dropout), by the weights as they are at the moment. */
export interface Gradients {
  /** Of each of the subject's weights, in their order. */
  of(batch: LabelledBatch): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** @throws UserError (from `of`) for a weight that the loss does not depend on, and a loss that is not finite. */
export function gradientsOf({ model, weights }: Subject, loss: GradientOptions['loss']): Gradients {
  const variables = weights.map(({ variable }) => variable);
  const pass = (ys: tf.Tensor, ...xs: tf.Tensor[]): tf.Tensor[] => {
    // Frozen weights, too: tf.variableGrads leaves them out.
    const { value, grads } = tf
      .engine()
      .gradients(() => loss(forward(model, xs, false), ys), variables, undefined, true);
    return [value, ...weights.map((weight, i) => gradientIn(grads[i], weight))];
  };
  const program = jit(pass, { revision: () => revisionOf(model) });
  return {
    async of({ xs, ys }) {
      const inputs = [ys, ...xs].map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype));
      const [value, ...grads] = await program(...(inputs as [tf.Tensor]));
      const values = [value!, ...grads].map((each) => hostOf(each).data as Float32Array);
      tf.dispose([value!, ...grads, ...inputs]);
      expectFinite(values[0]![0]!, model.name);
      return values.slice(1);
    },
    dispose: () => program.dispose(),
  };
}

function gradientIn(gradient: tf.Tensor | null | undefined, { path }: Weight): tf.Tensor {
  if (gradient) return gradient;
  throw new UserError(
    `Expected a loss that depends on "${path}", to measure what its error costs, but it does not; leave that layer out by groups.`,
  );
}

/** @throws UserError for a loss that is not finite. */
export function expectFinite(value: number, name: string): void {
  if (Number.isFinite(value)) return;
  throw new UserError(`Expected a finite loss of "${name}" in floats, got ${value}.`);
}
