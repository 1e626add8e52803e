import * as tf from '@tensorflow/tfjs';
import type { BakedValues, Trainable, Transform } from '../../core/attach';
import { sourceOf, withSource } from '../../core/known-values';
import { latentMaskTensor } from '../model-masks';
import { InitialScores, initialScores } from './initial-scores';
import type { ScorePenalty } from './penalty';
import { throughScores } from './through-scores';

export interface ScoreTapOptions {
  /** W. */
  readonly variable: tf.Variable;
  readonly initial: InitialScores;
  /** What the learning rate is multiplied by for the scores. */
  readonly rateFactor: number;
  readonly penalty?: ScorePenalty;
}

/** Stands behind a weight's latent mask, changes no value, and gives the scores of the weight their gradient. */
export class ScoreTap implements Transform {
  readonly revision: string;
  readonly elementwise = true;
  /** S, [shape of the weight]. */
  readonly scores: tf.Variable;
  private readonly trained: Readonly<Record<'score', Trainable>>;

  constructor(private readonly options: ScoreTapOptions) {
    const { variable, initial, rateFactor, penalty } = options;
    this.revision = penalty ? 'scores with a penalty' : 'scores';
    this.scores = tf.tidy(() => tf.variable(initialScores(initial, variable)));
    this.trained = { score: { variable: this.scores, rateFactor } };
  }

  apply(value: tf.Tensor): tf.Tensor {
    const { variable, penalty } = this.options;
    const source = sourceOf(value);
    const tapped = throughScores(value, {
      weight: variable,
      scores: this.scores,
      mask: () => latentMaskTensor(variable) ?? tf.onesLike(variable),
      penalty: penalty && ((scores) => penalty.gradient(scores)),
    });
    return source ? withSource(tapped, source) : tapped;
  }

  bake({ data }: BakedValues): Float32Array {
    return data;
  }

  trainables(): Readonly<Record<'score', Trainable>> {
    return this.trained;
  }

  state(): Record<string, tf.Variable> {
    return {};
  }

  dispose(): void {
    this.scores.dispose();
  }
}
