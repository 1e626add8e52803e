import type { HostTensor } from '../../core/host-tensor';
import type { Measure, Subject } from './measure';

/** Something that can be asked for answers, as `evaluate` asks an engine. */
export interface Answers {
  /** The model as it is at the moment; the caller's to dispose. */
  inference(): Promise<{
    /** The output for a batch, [size, …]. */
    predict(xs: readonly HostTensor[]): Promise<HostTensor>;
    /** Frees what was made to answer, not the model. */
    dispose(): Promise<void>;
  }>;
}

/** Options of {@link scoreLoss}. */
export interface ScoreLossOptions {
  /** How good the answers are, the more the better: a metric on dev data, minus a loss. The same answers must get the same score. */
  readonly score: (answers: Answers) => Promise<number>;
}

/**
 * **What a score loses**: score in floats − score quantized. The thing itself, but coarse: one example of a dev set of 1 000 is its
 * smallest step, so most layers lose nothing, or gain. A loss on dev data, negated, is finer.
 *
 * @example
 * scoreLoss({ score: async (answers) => (await evaluate(answers, dev, { loss, metrics })).accuracy });
 */
export function scoreLoss({ score }: ScoreLossOptions): Measure {
  return {
    name: 'score',
    async open(subject) {
      const answers = answersOf(subject);
      const floats = await score(answers);
      return { lossOf: async () => floats - (await score(answers)) };
    },
  };
}

const answersOf = (subject: Subject): Answers => ({
  inference: async () => ({ predict: (xs) => subject.answer(xs), dispose: async () => undefined }),
});
