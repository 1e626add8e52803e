import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../lib/core/errors';
import { scorePenalty } from '../../../lib/pruning/scores/penalty';
import { throughScores } from '../../../lib/pruning/scores/through-scores';

beforeEach(() => tf.setBackend('cpu'));

const [weight, mask, slope] = [
  [5, 3, -2],
  [1, 0, 1],
  [1, 10, 100],
];

/** Gradient of Σ slope · W' for S, where W' = W ⊙ M. */
function ofScores(s: number[], penalty?: (scores: tf.Tensor) => tf.Tensor): number[] {
  return tf.tidy(() => {
    const loss = (scores: tf.Tensor) => {
      const masked = throughScores(tf.tensor1d([5, 0, -2]), { weight: tf.tensor1d(weight), scores, penalty });
      expect([...masked.dataSync()]).toEqual([5, 0, -2]);
      return masked.mul(tf.tensor1d(slope)).sum();
    };
    return [...tf.grad(loss)(tf.tensor1d(s)).dataSync()];
  });
}

it('gives scores dL/dW’ ⊙ W, pruned or not', () => {
  expect(ofScores([0, 0, 0])).toEqual([1 * 5, 10 * 3, 100 * -2]);
});

it('gives the masked weight dL/dW’ ⊙ M', () => {
  const gradient = tf.tidy(() => {
    const parts = {
      weight: tf.tensor1d(weight),
      scores: tf.tensor1d([0, 0, 0]),
      mask: () => tf.tensor1d(mask),
    };
    const loss = (masked: tf.Tensor) => throughScores(masked, parts).mul(tf.tensor1d(slope)).sum();
    return [
      ...tf
        .grad(loss)(tf.tensor1d([5, 0, -2]))
        .dataSync(),
    ];
  });
  expect(gradient).toEqual([1, 0, 100]);
});

describe('the penalty', () => {
  const scores = [-3, 0, 0.5];
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  /** λ · mean over two weights of mean σ(S), the part of one of them. */
  const penaltyOf = (s: number[]) => (7 / 2) * (s.reduce((sum, x) => sum + sigmoid(x), 0) / s.length);

  it('adds its own gradient to that of the scores', () => {
    const penalty = scorePenalty(2);
    penalty.set(7);
    const plain = ofScores(scores);
    const penalized = ofScores(scores, (s) => penalty.gradient(s));
    scores.forEach((_, i) => {
      const moved = (by: number) => penaltyOf(scores.map((x, j) => (i === j ? x + by : x)));
      expect(penalized[i]! - plain[i]!).toBeCloseTo((moved(1e-4) - moved(-1e-4)) / 2e-4, 4);
    });
    expect(penalized[1]! - plain[1]!).toBeCloseTo(7 / 2 / 3 / 4, 5); // σ(0) (1 − σ(0)) = 1/4
  });

  it('is nothing at first and for a λ of 0, and refuses what is none', () => {
    const penalty = scorePenalty(2);
    expect([penalty.lambda, ofScores(scores, (s) => penalty.gradient(s))]).toEqual([0, ofScores(scores)]);
    for (const lambda of [-1, NaN, Infinity]) expect(() => penalty.set(lambda)).toThrow(UserError);
    expect(() => penalty.set(-1)).toThrow('lambda of the penalty of scores of at least 0, got -1');
  });
});
