/** The optimizers: what the package shows of them. */
export { adagrad, type AdagradOptions } from './adagrad';
export { adamW, type Optimizer, sgd } from './optimizer';
export { rmsProp, type RmsPropOptions } from './rms-prop';
