import type { Parameters } from '../parameters';

/** Those of a model of which nothing is in training. */
export const NO_PARAMETERS: Parameters = {
  list: [],
  get: noParameter,
  setMask: noParameter,
  gradientNorm: () => 0,
  rebind() {},
  upload() {},
  snapshot: () => ({ weights: new Map() }),
  restore() {},
  dispose() {},
};

function noParameter(path: string): never {
  throw new Error(`Expected no use of "${path}": the model is not in training.`);
}
