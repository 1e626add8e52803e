/** Optimizers and losses: what the package shows of them. */
export { adagrad, type AdagradOptions } from './adagrad';
export {
  adamW,
  sgd,
  type AdamWOptions,
  type Optimizer,
  type SgdOptions,
  type StepOptions,
  type StepReport,
} from './optimizer';
export { rmsProp, type RmsPropOptions } from './rms-prop';
export { type LabelRange } from './label-range';
export {
  hiddenWordsCrossEntropy,
  meanSquaredError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  type Loss,
  type Seen,
} from './losses';
