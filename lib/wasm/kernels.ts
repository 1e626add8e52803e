// The WebAssembly kernels of the training step, in assembly/, as functions on typed arrays.
export {
  adamw,
  applyMask,
  sgd,
  type AdamWArrays,
  type AdamWScalars,
  type SgdArrays,
  type SgdScalars,
} from './optimizers';
export { accumulate, addRows, sumOfSquares, sumOfSquaresOfRows, zeroRows } from './gradients';
export { CodedMatrix, largestSize, MOST_STEPS, quantizeColumns, quantizeRows } from './quantize';
export { countBelow, countHalves, maskFrom, sumOfSigmoids } from './select';
export { keepMask } from './keep-mask';
export { normals } from './normals';
