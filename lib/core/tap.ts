import * as tf from '@tensorflow/tfjs';
import { isTracing } from './derived';
import { HostTensor, hostOf } from './host-tensor';

/** Takes the values of a tensor on the host. They are good until it returns. */
export type Take = (values: HostTensor) => void;

/** Name of the tracing backend's kernel through which values go out. */
export const TAP = 'WhittleTap';

/**
 * Hands the values of a tensor to the host, for what tensors' ops do badly: counting. Eager engines do it now; under the tracer the
 * tensor becomes one more output of the program, which is handed over after each run, when the variables that the run assigned have
 * their new values. No gradient.
 *
 * @example tap(x, ({ data }) => histogram.count(data));
 */
export function tap(x: tf.Tensor, take: Take): void {
  if (isTracing()) tf.engine().runKernel(TAP, { x }, { take } as unknown as tf.NamedAttrMap);
  else take(hostOf(x));
}
