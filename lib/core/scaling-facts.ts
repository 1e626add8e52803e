/**
 * How a layer takes factors on the channels of what it reads and makes: what equalization, SmoothQuant and folding ask. Channels are
 * the last axis; a factor is any number above 0. Whatever a layer does not say does not hold of it.
 */
export interface ScalingFacts {
  /**
   * What the input goes through one after the other: `act((x · first) · second + bias)`. The first reads the layer's input, the last
   * makes its output, to which weights of the roles `bias` and `shift` are added and the activation is applied. With s on a product's
   * channels and 1/s on those that the next one reads, nothing changes.
   */
  readonly products?: readonly ProductFacts[];
  /** The function that its output goes through last, number by number. Default none. */
  readonly activation?: ActivationFacts;
  /** The input, by its place, whose factors come out on the same channels: `f(s · x) = s · f(x)`; ReLU, max pooling, the values of an attention. */
  readonly carries?: number;
  /** Two inputs whose channels are only multiplied with one another: s on a channel of one and 1/s on the other's cancel out. */
  readonly multiplies?: readonly [number, number];
  /** Whether a channel of its input that is one number everywhere makes channels that are, too: not where it is padded with zeros. */
  readonly keepsConstants?: boolean;
}

/** A weight that the layer's input is multiplied by; what it makes are its `channels`, or the one axis of a `scale`. */
export interface ProductFacts {
  /** Its name: `kernel`. */
  readonly weight: string;
  /** The axis of its shape with the channels that it reads. A `scale` has none: norms undo factors on what they read. */
  readonly reads?: number;
}

/** A function of single numbers. */
export interface ActivationFacts {
  /** As tfjs names it: `relu`. */
  readonly name: string;
  /** `f(s · x) = s · f(x)` for every s > 0, as of ReLU (Nagel et al. 2019, arXiv:1906.04721, equation 2). */
  readonly isScaleEquivariant: boolean;
}

/** Of a layer that gives on what it is given, or some of it, channel by channel. */
export const CARRIER: ScalingFacts = { carries: 0, keepsConstants: true };
