import * as tf from '@tensorflow/tfjs';
import { readHost } from '../../lib/core/host-tensor';
import type { Parameter } from '../parameters';

/** What a tfjs optimizer remembers of each weight, `<variable>/m` for example. */
export type Moments = ReadonlyMap<string, Float32Array>;

/** Copies of a tfjs optimizer's moments; none before its first step. */
export async function momentsOf(optimizer: tf.Optimizer): Promise<Moments> {
  const [steps, ...moments] = await optimizer.getWeights();
  steps?.tensor.dispose(); // made for the caller, unlike the moments
  const copies = moments.map(async ({ name, tensor }) => {
    const { data } = await readHost(tensor);
    return [name, Float32Array.from(data)] as const;
  });
  return new Map(await Promise.all(copies));
}

/**
 * Makes a tfjs optimizer go on after some steps with these moments.
 *
 * @param shapes of the moments, in tfjs's order.
 */
export async function setMoments(
  optimizer: tf.Optimizer,
  steps: number,
  moments: Moments,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  const [count, ...old] = await optimizer.getWeights();
  const given = [
    { name: 'iter', tensor: tf.scalar(steps, 'int32') },
    ...[...shapes].map(([name, shape]) => ({ name, tensor: tf.tensor(moments.get(name)!, [...shape]) })),
  ];
  await optimizer.setWeights(given); // copies them into variables of its own
  tf.dispose([count, ...old, ...given].map((named) => named?.tensor));
}

/** Makes a tfjs optimizer forget what hard masks prune: its moments of that are those that it began with. */
export async function pruneMoments(optimizer: tf.Optimizer, list: readonly Parameter[]): Promise<void> {
  const masked = list.filter(({ mask }) => mask);
  if (masked.length === 0) return;
  const [steps, ...moments] = await optimizer.getWeights();
  steps?.tensor.dispose();
  const first = optimizer.getClassName() === 'Adagrad' ? optimizer.getConfig()['initialAccumulatorValue'] : 0;
  for (const { variable, mask } of masked) {
    const own = moments.filter(({ name }) => name.slice(0, name.lastIndexOf('/')) === variable.name);
    tf.tidy(() => {
      const keep = tf.tensor(Uint8Array.from(mask!), variable.shape, 'bool');
      for (const { tensor } of own) (tensor as tf.Variable).assign(tf.where(keep, tensor, first as number));
    });
  }
}
