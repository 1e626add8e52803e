import * as tf from '@tensorflow/tfjs';
import { gated, GatedUnits } from '../../analysis/gate-gradients';
import { HostTensor, hostTensor } from '../../core/host-tensor';
import { forward } from '../../forward/forward';
import { passesOf } from './passes';

/** A model's answers, [batch, outputs], with all of its units or without one of them. */
export interface Answers {
  /** @param unit counted over all gates in their order; none by default. */
  (xs: readonly HostTensor[], unit?: number): Promise<HostTensor>;
  dispose(): Promise<void>;
}

/** Answers without one unit at a time, from a single program: a gate of 0 leaves a unit out. */
export function leavingOut(model: tf.LayersModel, gates: readonly GatedUnits[]): Answers {
  const counts = gates.map(({ units }) => units);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const passes = passesOf(model, (multipliers, ...xs) => {
    const each = tf.split(multipliers!.tile([xs[0]!.shape[0]!, 1]), counts, 1);
    return [gated(gates, each, () => forward(model, xs, false))];
  });
  const answers = async (xs: readonly HostTensor[], unit?: number): Promise<HostTensor> => {
    const multipliers = new Float32Array(total).fill(1);
    if (unit !== undefined) multipliers[unit] = 0;
    const [found] = await passes([hostTensor(multipliers, [1, total]), ...xs]);
    return found!;
  };
  return Object.assign(answers, { dispose: () => passes.dispose() });
}
