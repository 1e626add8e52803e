/** Whether no value is NaN or infinite: 0 · x is 0 just where x is neither, which asks one product and one sum of each. */
export function areFinite(values: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i]!;
  return sum === 0;
}
