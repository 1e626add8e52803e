import * as tf from '@tensorflow/tfjs';
import type { Transform } from '../core/attach';
import { scaledCodes, DerivedInput } from '../core/derived';
import { hostOf } from '../core/host-tensor';
import { ValueSource, withSource } from '../core/known-values';
import { straightThrough } from '../core/straight-through';

/**
 * Makes layers compute with `mask · w`, and lets the whole gradient through to the latent weight `w`: `dL/dw = dL/d(mask · w)`, for pruned
 * weights too, which so may come back. Straight-through estimator: Bengio et al., 2013 (arXiv:1308.3432); of masks: Sanh et al., 2020
 * (arXiv:2005.07683).
 */
export class LatentMask implements Transform {
  readonly revision = 'latent mask';
  readonly elementwise = true;
  private readonly keep: DerivedInput & { readonly data: Uint8Array };
  private readonly masked: ValueSource;

  constructor(path: string, variable: tf.Variable) {
    this.keep = {
      name: `${path}/mask`,
      dtype: 'uint8',
      shape: variable.shape,
      data: new Uint8Array(variable.size),
      refresh: () => undefined, // programs read the array itself
    };
    this.masked = { variable, read: () => this.bake({ data: hostOf(variable).data as Float32Array }) };
  }

  /** Another mask: programs that are compiled already see it. */
  set(mask: Uint8Array): void {
    this.keep.data.set(mask);
  }

  /** The mask as a tensor, 0 and 1, the caller's; within a program what it is when that runs. */
  values(): tf.Tensor {
    return scaledCodes(this.keep, 1);
  }

  apply(value: tf.Tensor): tf.Tensor {
    const effective = straightThrough(value, (latent) => tf.tidy(() => latent.mul(this.values())));
    return value === this.masked.variable ? withSource(effective, this.masked) : effective;
  }

  bake({ data }: { readonly data: Float32Array }): Float32Array {
    const mask = this.keep.data;
    return Float32Array.from(data, (value, i) => (mask[i] === 0 ? 0 : value));
  }

  state(): Record<string, tf.Variable> {
    return {};
  }

  dispose(): void {
    // It keeps no tensors.
  }
}
