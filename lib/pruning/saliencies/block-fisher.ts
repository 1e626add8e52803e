import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { sizeOf } from '../../core/host-tensor';
import type { Saliency, ScoredWeight } from '../saliency';
import type { GradientStatistic } from '../weight-statistics';
import { inverseDiagonal } from '../../linear-algebra/inverse-diagonal';

/** Options of {@link blockFisher}. */
export interface BlockFisherOptions {
  /** Weights of a block. Default 16. Memory and time grow with it: (blockSize + 1) / 2 numbers are kept of each weight. */
  readonly blockSize?: number;
  /**
   * λ, as a share of the block's mean squared gradient, above 0. Default 0.01, as GPTQ has it. The paper's λ is 1e-7 whatever the size of
   * gradients.
   */
  readonly damping?: number;
}

/**
 * Optimal brain surgeon by blocks (oBERT): `w² / (2 [F⁻¹]_ii)`, by how much the loss would rise if the weight were 0 and the others of its
 * block made up for it. `F = Σ g gᵀ + λ I` of each block, the empirical Fisher information, has what weights do together, which a
 * diagonal has not: of two that do the same, one may go. A block is `blockSize` weights of one output, one after the other along the
 * other axes, as PyTorch's kernels, [out, in], have them in a row; the last block of an output may be smaller.
 *
 * Fisher information is of single examples: exact for batches of one; of larger batches it is of their mean gradients. Only the choice of
 * weights is the paper's: the others are left as they are, for training to make up.
 *
 * Kurtic et al., 2022 (arXiv:2203.07259).
 *
 * @throws UserError for a block size that is no whole number of at least 1, and a damping that is not above 0.
 *
 * @example pruning({ pruner: pruner({ schedule, saliency: blockFisher({ blockSize: 32 }) }), scoring: { data, batches: 64 } });
 */
export function blockFisher({ blockSize = 16, damping = 0.01 }: BlockFisherOptions = {}): Saliency {
  expectOptions(blockSize, damping);
  const products = blockProducts(blockSize);
  const saliency = ({ data, shape, stats }: ScoredWeight) =>
    blockScores(data, stats(products), { ...blocksOf(shape, blockSize), damping });
  return configured(Object.assign(saliency, { needs: [products], outputsLast: true }), 'blockFisher', {
    blockSize,
    damping,
  });
}

/**
 * `Σ g gᵀ` over batches, of the blocks: [blocks of an output, triangle, outputs], the lower triangles of the matrices row by row. Outputs are
 * innermost, as in the weights, so that memory is walked in order.
 */
function blockProducts(blockSize: number): GradientStatistic {
  return {
    name: `gradient products in blocks of ${blockSize}`,
    of: 'gradients',
    sizeOf: (shape) => blocksOf(shape, blockSize).products,
    add(total, { gradient, shape, count }) {
      const { outputs, inputs } = blocksOf(shape, blockSize);
      const row = (i: number) => gradient.subarray(i * outputs, (i + 1) * outputs);
      for (let first = 0, at = 0; first < inputs; first += blockSize) {
        for (let i = first; i < first + blockSize; i++) {
          for (let j = first; j <= i; j++, at += outputs) {
            if (i >= inputs) continue; // of a last block that is smaller
            addProducts(total.subarray(at, at + outputs), row(i), row(j), count);
          }
        }
      }
    },
  };
}

function addProducts(total: Float32Array, a: Float32Array, b: Float32Array, count: number): void {
  for (let o = 0; o < total.length; o++) total[o]! += count * a[o]! * b[o]!;
}

/** How a weight, [inputs, outputs], is divided. */
interface Blocks {
  readonly outputs: number;
  readonly inputs: number;
  readonly blockSize: number;
  /** Numbers of the triangle of a block. */
  readonly triangle: number;
  /** Numbers of all triangles. */
  readonly products: number;
}

function blocksOf(shape: readonly number[], blockSize: number): Blocks {
  const outputs = shape.at(-1) ?? 1;
  const inputs = sizeOf(shape) / outputs;
  const triangle = (blockSize * (blockSize + 1)) / 2;
  return {
    outputs,
    inputs,
    blockSize,
    triangle,
    products: Math.ceil(inputs / blockSize) * triangle * outputs,
  };
}

function blockScores(
  data: Float32Array,
  products: Float32Array,
  { damping, ...blocks }: Blocks & { readonly damping: number },
): Float32Array {
  const { outputs, inputs, blockSize } = blocks;
  const scores = new Float32Array(data.length);
  for (let first = 0; first < inputs; first += blockSize) {
    const size = Math.min(blockSize, inputs - first);
    for (let o = 0; o < outputs; o++) {
      const matrix = blockMatrix(products, blocks, { first, o, size });
      if (!damp(matrix, size, damping)) continue; // no gradient: nothing would be lost
      const inverse = inverseDiagonal(matrix, size);
      for (let i = 0; i < size; i++) {
        const at = (first + i) * outputs + o;
        scores[at] = data[at]! ** 2 / (2 * inverse[i]!);
      }
    }
  }
  return scores;
}

/** `Σ g gᵀ` of one block, [size, size], of which only the lower triangle is set. */
function blockMatrix(
  products: Float32Array,
  { outputs, blockSize, triangle }: Blocks,
  { first, o, size }: Readonly<Record<'first' | 'o' | 'size', number>>,
): Float64Array {
  const matrix = new Float64Array(size * size);
  let at = (first / blockSize) * triangle * outputs + o;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++, at += outputs) matrix[i * size + j] = products[at]!;
  }
  return matrix;
}

/** Adds `λ I`, in place; returns whether there was anything on the diagonal. */
function damp(matrix: Float64Array, size: number, damping: number): boolean {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
  for (let i = 0; i < size; i++) matrix[i * size + i]! += (damping * trace) / size;
  return trace !== 0;
}

function expectOptions(blockSize: number, damping: number): void {
  if (!Number.isInteger(blockSize) || blockSize < 1) {
    throw new UserError(`Expected a blockSize as a whole number of at least 1, got ${blockSize}.`);
  }
  if (!(damping > 0 && damping < Infinity)) {
    throw new UserError(
      `Expected a damping above 0, a share of a block's mean squared gradient, got ${damping}.`,
    );
  }
}
