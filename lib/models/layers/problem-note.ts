import * as tf from '@tensorflow/tfjs';
import type { Problem } from '../problem';
import { only } from './inputs';

/** Options of `problemNote`. */
export interface ProblemNoteOptions {
  readonly name: string;
  readonly problem: Problem;
}

class ProblemNote extends tf.layers.Layer {
  static readonly className = 'WhittleProblemNote';
  readonly problem: Problem;

  constructor(options: ProblemNoteOptions) {
    super({ name: options.name });
    this.problem = options.problem;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return only(inputs);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), problem: this.problem };
  }
}
tf.serialization.registerClass(ProblemNote);

/** Gives its input, and says in the model's own configuration, which JSON keeps, what the outputs are. */
export function problemNote(options: ProblemNoteOptions): tf.layers.Layer {
  return new ProblemNote(options);
}
