import * as tf from '@tensorflow/tfjs';
import { DerivedInput, derivedTensor } from '../../core/derived';
import { UserError } from '../../core/errors';

/**
 * The penalty `R(S) = λ · mean over weights of mean σ(S)`, which pulls scores below a threshold (Sanh et al., 2020, arXiv:2005.07683, section 4;
 * the means are those of its code). Only its gradient is computed, `dR/dS = λ / (L n) · σ(S) (1 − σ(S))` of one of L weights with n scores:
 * the loss that is reported is without it.
 */
export interface ScorePenalty {
  /** λ as it is now. */
  readonly lambda: number;
  /** @throws UserError for what is no number of at least 0. */
  set(lambda: number): void;
  /** dR/dS of the scores of one weight. Programs that are compiled see later λ. */
  gradient(scores: tf.Tensor): tf.Tensor;
}

/** @throws UserError for what is no number of at least 0. */
export function expectLambda(lambda: number): void {
  if (lambda >= 0 && lambda < Infinity) return;
  throw new UserError(`Expected a lambda of the penalty of scores of at least 0, got ${lambda}.`);
}

/** @param count L, how many weights there are. */
export function scorePenalty(count: number): ScorePenalty {
  const lambda: DerivedInput & { readonly data: Float32Array } = {
    name: 'lambda',
    dtype: 'float32',
    shape: [],
    data: new Float32Array(1),
    refresh: () => undefined, // programs read the number itself
  };
  return {
    get lambda() {
      return lambda.data[0]!;
    },
    set(value) {
      expectLambda(value);
      lambda.data[0] = value;
    },
    gradient: (scores) =>
      tf.tidy(() => {
        const share = scores.sigmoid();
        return share.sub(share.square()).mul(derivedTensor(lambda).div(count * scores.size));
      }),
  };
}
