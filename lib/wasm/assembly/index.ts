// The kernels of the training step. `usize` arguments are byte addresses, counts are numbers of elements, a mask's address 0
// means no mask. Nothing is checked here: the wrappers in TypeScript do that.
export { adamw } from './adamw';
export { sgd } from './sgd';
export { applyMask } from './mask';
export { accumulate, sumOfSquares } from './sums';
export { columnCodes, columnScales } from './quantize-columns';
export { rowCodes, rowScales } from './quantize-rows';
export { keepMask } from './keep-mask';
export { normals } from './normals';
export { countBelow, countLower, countUpper, maskFrom } from './select';
export { sumOfSigmoids } from './sigmoids';
