import * as tf from '@tensorflow/tfjs';

/** What a masked weight is made of. */
export interface ScoredParts {
  /** W, whether it is trained or not. */
  readonly weight: tf.Tensor;
  /** S, of the weight's shape. */
  readonly scores: tf.Tensor;
  /** M, 0 and 1, computed where it is needed; all 1 where it is left out. */
  readonly mask?: () => tf.Tensor;
  /** What is added to the gradient of the scores, such as a penalty's; nothing by default. */
  readonly penalty?: (scores: tf.Tensor) => tf.Tensor;
}

/**
 * A masked weight `W' = W ⊙ M(S)` as it is, with a gradient for the scores that the mask was made of. The mask's derivative is that of the
 * identity (straight-through, Bengio et al., 2013, arXiv:1308.3432), so
 *
 *     dL/dS = dL/dW' ⊙ W        also where M is 0: what would do good rises and comes back
 *     dL/dW = dL/dW' ⊙ M
 *
 * Sanh et al., 2020 (arXiv:2005.07683), equations 4 and 5.
 *
 * @param masked W'; returned with its values.
 */
export function throughScores(masked: tf.Tensor, { weight, scores, mask, penalty }: ScoredParts): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [value, s, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([s, weight]);
    return {
      value: value.clone(),
      gradFunc: (dy: tf.Tensor, [savedScores, savedWeight]: tf.Tensor[]) => {
        const ofScores = dy.mul(savedWeight!);
        return [mask ? dy.mul(mask()) : dy.clone(), penalty ? ofScores.add(penalty(savedScores!)) : ofScores];
      },
    };
  });
  return operation(masked, scores);
}
