/** Added to a number below 2⁵¹ and taken away again, it leaves a whole number. */
const ROUND = 1.5 * 2 ** 52;

/** The nearest whole number, of two equally near ones the even: as tfjs, ONNX and torch round. */
export function roundHalfToEven(x: number): number {
  return x + ROUND - ROUND;
}
