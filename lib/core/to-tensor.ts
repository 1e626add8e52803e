import * as tf from '@tensorflow/tfjs';
import type { HostTensor } from './host-tensor';

/** A tensor on tfjs's current backend, the caller's; on the `cpu` backend it shares the memory. */
export const toTensor = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data, shape, dtype);
