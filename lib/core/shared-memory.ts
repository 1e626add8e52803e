import * as tf from '@tensorflow/tfjs';
import { isArrayOf } from './host-tensor';

/*
 * On tfjs's cpu backend tensors share memory without a word: `clone()`, `reshape()`, `tf.variable(x)`, `assign` and `setWeights` only
 * count one more user of an array. Nobody notices as long as kernels write to new arrays; we write in place, so we ask first.
 */

/**
 * The memory of a variable, to be written in place, and its own: a variable that shares memory moves on to a copy. Undefined where
 * there is none to be written: another backend than cpu has it, or it is of booleans or of another class than the dtype's (both of
 * which are read as copies).
 */
export function ownMemory(variable: tf.Variable): Memory | undefined {
  const { dataId, dtype, shape } = variable;
  const users = cpu().refCount(dataId);
  if (users === 0 || dtype === 'bool') return undefined;
  const memory = variable.dataSync();
  if (!isArrayOf(dtype, memory)) return undefined;
  if (users === 1) return memory as Memory;
  const copy = memory.slice() as Memory;
  tf.tidy(() => variable.assign(tf.tensor(copy, shape, dtype)));
  return tf.getBackend() === 'cpu' ? copy : undefined;
}

/**
 * Before memory is written that is some tensors' storage: gives those of others a copy of what it holds now. Costs two look-ups
 * where there are none.
 *
 * @param dataId the tensors' data.
 * @param memory what is about to be written.
 * @param own how many of the tensors are the writer's: they get the copy too.
 */
export function leaveCopy(dataId: object, memory: Memory, own: number): void {
  const users = cpu().refCount(dataId);
  if (users <= own || cpu().readSync(dataId) !== memory) return;
  const dtype = memory instanceof Float32Array ? 'float32' : 'int32';
  cpu().move(dataId, memory.slice(), [memory.length], dtype, users);
}

type Memory = Float32Array | Int32Array;

function cpu(): tf.KernelBackend {
  return tf.findBackend('cpu');
}
