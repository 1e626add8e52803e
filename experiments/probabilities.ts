/** A label's probability above which it is an answer, where several may be right. */
export const THRESHOLD = 0.5;

/** Probabilities of classes of which one is right. */
export function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The probability of a label that is right or not. */
export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
