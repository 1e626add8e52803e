import type { HostTensor } from '../../lib/core/host-tensor';
import type { GradientStatistic, WeightStatistic } from '../../lib/pruning/weight-statistics';
import type { Parameter } from '../parameters';

/** A batch, whose gradients are in the parameters' memory. */
export interface SeenBatch {
  /** Gradient memory holds the gradient of the batch's mean loss times this. */
  readonly accumulated: number;
  readonly count: number;
}

/** Sums of statistics of gradients, by weight. */
export interface GradientSums {
  /** Adds what the gradients in the parameters' memory tell. */
  add(batch: SeenBatch): void;
  /** The sums, by the paths of the weights; they start anew from 0. */
  take(): Map<string, Map<WeightStatistic, Float32Array>>;
  /** The sums, under names for a checkpoint. */
  entries(): (readonly [name: string, shape: readonly number[], sums: Float32Array])[];
  /** Sets the sums to those of a checkpoint. */
  fill(saved: (name: string, shape: readonly number[]) => HostTensor): void;
}

/** Sums of these statistics of these weights. */
export function gradientSums(
  targets: readonly Parameter[],
  statistics: readonly GradientStatistic[],
): GradientSums {
  const start = () =>
    targets.flatMap((target) =>
      statistics.map((statistic) => {
        const { shape } = target.variable;
        const size = statistic.sizeOf?.(shape) ?? target.weights.length;
        return { target, statistic, shape: statistic.sizeOf ? [size] : shape, sums: new Float32Array(size) };
      }),
    );
  let all = start();
  const entries = () =>
    all.map(
      ({ target: { path }, statistic: { name }, shape, sums }) => [`${name}/${path}`, shape, sums] as const,
    );
  return {
    add({ accumulated, count }) {
      for (const target of targets) {
        const gradient = mean(target.gradient, accumulated);
        for (const { statistic, sums } of all.filter((each) => each.target === target)) {
          statistic.add(sums, { weights: target.weights, gradient, shape: target.variable.shape, count });
        }
      }
    },
    take() {
      const taken = new Map(targets.map(({ path }) => [path, new Map<WeightStatistic, Float32Array>()]));
      for (const { target, statistic, sums } of all) taken.get(target.path)!.set(statistic, sums);
      all = start();
      return taken;
    },
    entries,
    fill(saved) {
      for (const [name, shape, sums] of entries()) sums.set(saved(name, shape).data);
    },
  };
}

/** A copy only where there is something to divide by. */
function mean(gradient: Float32Array, accumulated: number): Float32Array {
  return accumulated === 1 ? gradient : gradient.map((value) => value / accumulated);
}
