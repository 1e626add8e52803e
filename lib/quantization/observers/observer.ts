import type * as tf from '@tensorflow/tfjs';
import type { Trainable } from '../../core/attach';
import type { Config } from '../../core/config';
import type { FakeQuantizeOptions } from '../fake-quantize';
import type { QParams } from '../qparams';
import type { QuantSpec } from '../spec';

/**
 * Watches what passes by and derives a range from it; never changes it. Of an empty tensor it takes nothing. Once it has seen NaN or an
 * infinity its scale is not finite, which `calibrate` and `convert` refuse.
 */
export interface Observer {
  /** How it was made; without it an observer of one's own is known by its source alone. */
  readonly config?: Config;
  /** What its scale and zero point are for. */
  readonly spec: QuantSpec;
  /**
   * Whether a compiled program hands over what it sees only when it has run (`tap`): the range that such an observer gives in a pass
   * is that of what it saw before the pass, on every engine. Default false.
   */
  readonly late?: boolean;
  /** Takes a tensor into account. Pure arithmetic on `state()`, or a `tap` where it is late, so it can be traced. */
  observe(x: tf.Tensor): void;
  /**
   * `observe`, of the rows that count alone: vectors over the last axis. An observer without it watches whole tensors only, which `calibrate`
   * says where it is given `rows`.
   *
   * @param counts [..., 1], 1 or 0 for each row of x.
   */
  observeRows?(x: tf.Tensor, counts: tf.Tensor): void;
  /** Whether there is a range, reading `state()`. */
  hasObserved(): boolean;
  /** Scale and zero point for what was observed so far. The caller owns them. */
  qparams(): QParams;
  /** What a checkpoint keeps of it, by name. */
  state(): Record<string, tf.Variable>;
  /** What makes the range one that is learned from where observing left it; none by default. */
  readonly learned?: LearnedRange;
  /** Frees `state()`, and what is learned. */
  dispose(): void;
}

/** A range that is trained with the model, from the first training pass that quantizes with it. */
export interface LearnedRange {
  /** Whether it is: a decision that a trace freezes. Until then the range is the observed one. */
  hasBegun(): boolean;
  /** Begins with what was observed. Can be traced. */
  begin(): void;
  /** What is trained, by name. */
  trainables(): Readonly<Record<string, Trainable>>;
  /** Fake-quantizes with the range as it is, with a gradient for it. */
  quantize(x: tf.Tensor, options: FakeQuantizeOptions): tf.Tensor;
}

/** Options that every observer has; those of {@link histogram} and {@link entropy}. */
export interface ObserverOptions {
  /** What the range is for. Default `uint8()`. */
  readonly spec?: QuantSpec;
}
