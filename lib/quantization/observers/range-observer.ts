import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { blockCounts, Granularity, perTensor } from '../granularity';
import { qparamsOf, Range, rangeOf } from '../qparams';
import type { QuantSpec } from '../spec';
import type { Observer, ObserverOptions } from './observer';

/** An observer of the range between two numbers, and whether there is one. */
export interface RangeObserver extends Observer {
  state(): Record<'lo' | 'hi' | 'seen', tf.Variable>;
}

/** Options of {@link minMax}, beside those of every observer. */
export interface RangeObserverOptions extends ObserverOptions {
  /**
   * The shape of what is observed, null where it varies: needed for a spec that is not per tensor, whose ranges are as many as it has
   * blocks. `[null, 384]` for `perAxis(1)`.
   */
  readonly shape?: readonly (number | null)[];
}

/** The new range from the old one (0 … 0 at first), a batch's, and whether (1 or 0) there was one before. */
export type Combine = (range: Range, batch: Range, seen: tf.Tensor) => Range;

/**
 * An observer whose range is computed in tfjs ops, on the device: each batch's range, combined with the one before.
 *
 * @throws UserError without a shape for a spec that is not per tensor.
 */
export function rangeObserver(
  spec: QuantSpec,
  shape: RangeObserverOptions['shape'],
  combine: Combine,
): RangeObserver {
  const counts = countsOf(spec.granularity, shape);
  const zeros = (size: number[]) => tf.tidy(() => tf.variable(tf.zeros(size), false));
  const state = { lo: zeros(counts), hi: zeros(counts), seen: zeros([]) };
  const take = ({ lo, hi }: Range, seen: tf.Tensor) => {
    state.lo.assign(lo);
    state.hi.assign(hi);
    state.seen.assign(state.seen.maximum(seen));
  };
  let known = false; // spares reading `seen` again: it never goes back
  return {
    spec,
    observe(x) {
      if (x.size === 0) return;
      tf.tidy(() => {
        const batch = rangeOf(x, spec.granularity);
        expectShape(batch.lo.shape, counts, x.shape, spec.granularity);
        take(combine(state, batch, state.seen), tf.scalar(1));
      });
    },
    observeRows(x, rows) {
      if (x.size === 0) return;
      tf.tidy(() => {
        const some = rows.max();
        const batch = rangeOfRows(x, rows, spec.granularity);
        expectShape(batch.lo.shape, counts, x.shape, spec.granularity);
        const { lo, hi } = combine(state, batch, state.seen);
        const isSome = some.greater(0);
        take({ lo: tf.where(isSome, lo, state.lo), hi: tf.where(isSome, hi, state.hi) }, some);
      });
    },
    hasObserved: () => (known ||= state.seen.dataSync()[0] === 1),
    qparams: () => qparamsOf(state, spec),
    state: () => state,
    dispose: () => tf.dispose(state),
  };
}

/** Infinity … -Infinity of a block without rows that count. */
function rangeOfRows(x: tf.Tensor, rows: tf.Tensor, granularity: Granularity): Range {
  const isCounted = rows.greater(0).broadcastTo(x.shape);
  const without = (value: number) => rangeOf(tf.where(isCounted, x, tf.fill(x.shape, value)), granularity);
  return { lo: without(Infinity).lo, hi: without(-Infinity).hi };
}

/** How many ranges there are along each axis; [] for one. */
function countsOf(granularity: Granularity, shape: RangeObserverOptions['shape']): number[] {
  if (granularity.name === perTensor().name) return [];
  if (!shape) {
    throw new UserError(
      `Expected the shape of what is observed for a spec that is ${granularity.name}, got none; give it with null where it varies: ` +
        'shape: [null, 384].',
    );
  }
  const sizes = shape.map((size) => size ?? 1);
  return blockCounts(sizes, granularity.block(sizes));
}

function expectShape(
  counts: readonly number[],
  expected: readonly number[],
  shape: readonly number[],
  granularity: Granularity,
): void {
  if (counts.join() === expected.join()) return;
  throw new UserError(
    `Expected a tensor with [${expected.join(', ')}] ranges to observe ${granularity.name}, got one of shape [${shape.join(', ')}], ` +
      `which has [${counts.join(', ')}].`,
  );
}
