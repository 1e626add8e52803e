import type * as tf from '@tensorflow/tfjs';
import type { QParams } from '../qparams';
import type { QuantSpec } from '../spec';

/**
 * Watches what passes by and derives a range from it; never changes it. Of an empty tensor it takes nothing. Once it has seen NaN or an
 * infinity its scale is not finite, which `calibrate` and `convert` refuse.
 */
export interface Observer {
  readonly spec: QuantSpec;
  /**
   * Whether a compiled program hands over what it sees only when it has run (`tap`): the range that such an observer gives in a pass
   * is that of what it saw before the pass, on every engine. Default false.
   */
  readonly late?: boolean;
  /** Takes a tensor into account. Pure arithmetic on `state()`, or a `tap` where it is late, so it can be traced. */
  observe(x: tf.Tensor): void;
  /** Whether there is a range, reading `state()`. */
  hasObserved(): boolean;
  /** Scale and zero point for what was observed so far. The caller owns them. */
  qparams(): QParams;
  /** What a checkpoint keeps of it, by name. */
  state(): Record<string, tf.Variable>;
  /** Frees `state()`. */
  dispose(): void;
}

export interface ObserverOptions {
  /** What the range is for. Default `uint8()`. */
  readonly spec?: QuantSpec;
}
