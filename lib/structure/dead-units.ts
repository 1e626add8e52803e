import type * as tf from '@tensorflow/tfjs';
import { weightsOf } from '../core/weights';
import { bertConfigOf } from '../models/bert-config-of';
import { effectiveValues } from '../pruning/model-masks';
import type { ByLayer, Cut } from './cut';

/**
 * The heads and neurons that give nothing to the output of their layer: all their rows of its output projection are 0, pruned or not. A
 * model computes the same without them, `shrink(model)`.
 *
 * @throws UserError for a model that was not built by `bert`.
 */
export function deadUnits(model: tf.LayersModel): Cut {
  const { headSize, heads, intermediateSize } = bertConfigOf(model);
  const kernels = new Map(weightsOf(model).map(({ path, variable }) => [path, variable]));
  const dead = (part: string, counts: readonly number[], rows: number): ByLayer =>
    counts.map((count, layer) => {
      const kernel = kernels.get(`encoder/${layer}/${part}/kernel`);
      return kernel ? zeroBlocks(effectiveValues(kernel), count, rows * kernel.shape[1]!) : [];
    });
  return {
    heads: dead('attention/output', heads, headSize),
    neurons: dead('ffn/down', intermediateSize, 1),
  };
}

/** Which of equally long blocks of values are all 0. */
function zeroBlocks(values: tf.TypedArray, count: number, size: number): number[] {
  const isZero = (block: number) =>
    values.subarray(block * size, (block + 1) * size).every((value) => value === 0);
  return Array.from({ length: count }, (_, block) => block).filter(isZero);
}
