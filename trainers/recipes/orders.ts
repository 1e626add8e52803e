import type { Json } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import { densePhase } from './dense';
import { gradualPhase, GradualPhaseOptions } from './gradual-pruning';
import type { Phase, Taught } from './phase';
import { runPhases } from './phases';
import { qatPhase, QatPhaseOptions } from './qat';
import type { QuantizingOptions } from './quantizing';
import type { Outcome, RecipeOptions, Setup } from './setup';

/** Ways to prune and to quantize the same model: one after the other, either first, or both at once. */
export const ORDERS = ['prune-then-quantize', 'quantize-then-prune', 'joint'] as const;
/** One of `ORDERS`. */
export type Order = (typeof ORDERS)[number];

/** Options of {@link orderPhases}. */
export interface OrderOptions
  extends Omit<GradualPhaseOptions, 'level'>, Pick<QatPhaseOptions, 'rules' | 'freezeObserversAt'> {
  /** Epochs in all: where there are two trainings, the first has the longer half. The setup's by default. */
  readonly budget?: number;
  /** Learning rate of the trainings that prune; the setup's by default. What is pruned far has much to learn: some ten times that of a fine-tuning. */
  readonly pruningRate?: Setup['learningRate'];
  /** Whom each of the trainings learns from; the setup's loss alone by default. */
  readonly taught?: Taught;
}

/**
 * The trainings of an order, all within one budget of epochs. Fractions of a training are those of each. Masks stay through quantization, whose
 * zero is exact: what is pruned is 0 in the file.
 *
 * @param after the phase that it begins with; the first weights by default.
 * @returns phases of which the last has the order's name.
 * @throws UserError for an order that is none, and a budget that cannot be split.
 */
export function orderPhases(order: Order, options: OrderOptions, after?: Phase): Phase[] {
  if (!ORDERS.includes(order)) {
    throw new UserError(`Expected an order of ${ORDERS.join(', ')}, got ${JSON.stringify(order)}.`);
  }
  const { budget = options.setup.epochs, taught, pruningRate: learningRate } = options;
  if (order === 'joint') return [bothAtOnce(order, options, { after, epochs: budget })];
  const [first, second] = halves(budget, order);
  const begin = { after, epochs: first, handsOn: true, taught };
  if (order === 'prune-then-quantize') {
    const label = { method: 'pruned-first', role: 'control', seed: options.seed } as const;
    const pruned = gradualPhase(options, { ...begin, label, learningRate });
    return [pruned, qatPhase({ ...options, name: order }, { after: pruned, epochs: second, taught })];
  }
  const label = { method: 'quantized-first', role: 'control', seed: options.seed } as const;
  const quantized = qatPhase({ ...options, name: label.method }, { ...begin, label });
  return [quantized, bothAtOnce(order, options, { after: quantized, epochs: second })];
}

/** Pruning while training for quantization. */
function bothAtOnce(name: Order, options: OrderOptions, more: Partial<Phase>): Phase {
  const quantized = qatPhase({ ...options, name });
  const pruned = gradualPhase(options);
  const identity: Json = { quantized: quantized.identity, pruned: pruned.identity };
  const { taught, pruningRate: learningRate } = options;
  return { ...quantized, identity, callbacks: pruned.callbacks, taught, learningRate, ...more };
}

function halves(budget: number, order: Order): [number, number] {
  if (Number.isInteger(budget) && budget >= 2) return [Math.ceil(budget / 2), Math.floor(budget / 2)];
  throw new UserError(
    `Expected at least 2 whole epochs for ${order}, which are two trainings, got ${budget}.`,
  );
}

export interface PruneAndQuantizeOptions
  extends RecipeOptions, Omit<OrderOptions, 'taught'>, Pick<QuantizingOptions, 'inference'> {
  /** Default `prune-then-quantize`. */
  readonly order?: Order;
  /** What the trainings minimise, made with the dense model as their teacher; the setup's loss by default. */
  readonly teaching?: Taught['loss'];
}

/**
 * A model pruned and trained for quantization, in either order or at once, within the epochs that the dense one has.
 *
 * @returns `dense`, then a row of each training; the last, of the order's name, is both, and its score that of its exported file.
 * @throws UserError for an order that is none, and a single epoch where there are two trainings.
 *
 * @example await pruneAndQuantize({ setup, folder, seed: 0, sparsity: 0.8, begin: 0.1, end: 0.7, frequency: 10, rules: staticInt8(), freezeObserversAt: 0.8 });
 */
export async function pruneAndQuantize(options: PruneAndQuantizeOptions): Promise<Outcome[]> {
  const { order = 'prune-then-quantize', seed, teaching } = options;
  const dense = densePhase(seed, { handsOn: teaching !== undefined });
  const taught = teaching && { by: dense, loss: teaching };
  return runPhases(options, [dense, ...orderPhases(order, { ...options, taught })]);
}
