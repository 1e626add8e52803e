/**
 * What a model's outputs are: logits of classes, of which one is right; logits of labels, each of which may be right; or numbers.
 * The loss of each: `softmaxCrossEntropy`, `sigmoidCrossEntropy`, `meanSquaredError`.
 */
export type Problem = (typeof problems)[number];
/** All of them, as options name them. */
export const problems = ['single-label', 'multi-label', 'regression'] as const;

/** What so many outputs are where nothing else is said, as transformers takes them: one is a number, several are classes. */
export function usualProblem(outputs: number): Problem {
  return outputs === 1 ? 'regression' : 'single-label';
}
