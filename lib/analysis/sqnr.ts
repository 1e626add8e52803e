/**
 * Signal-to-quantization-noise ratio in decibels, `10 · log₁₀(Σ x² / Σ (x − x̂)²)`: every bit is worth about 6. Infinity where
 * nothing was lost.
 *
 * @param signal the values.
 * @param approximation as many values that stand for them.
 *
 * @example sqnr(Float32Array.of(3, 4), Float32Array.of(3, 3.5)); // 20: the error is a tenth of the signal
 */
export function sqnr(signal: Float32Array, approximation: Float32Array): number {
  let [power, noise] = [0, 0];
  signal.forEach((value, i) => {
    power += value ** 2;
    noise += (value - approximation[i]!) ** 2;
  });
  return noise === 0 ? Infinity : 10 * Math.log10(power / noise);
}
