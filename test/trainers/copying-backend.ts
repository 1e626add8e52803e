import * as tf from '@tensorflow/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';

/** Like every backend but cpu it copies what is written to it, and what is read from it. */
class CopyingBackend extends MathBackendCPU {
  override write(...[values, ...rest]: Parameters<MathBackendCPU['write']>): object {
    return super.write((values as Float32Array).slice(), ...rest);
  }

  override move(...[dataId, values, ...rest]: Parameters<MathBackendCPU['move']>): void {
    super.move(dataId, (values as Float32Array).slice(), ...rest);
  }

  override readSync(dataId: object): ReturnType<MathBackendCPU['readSync']> {
    return (super.readSync(dataId) as Float32Array).slice();
  }
}

tf.registerBackend('copying', () => new CopyingBackend());
tf.copyRegisteredKernels('cpu', 'copying');

/** Runs `body` on a backend that shares no memory with typed arrays, then goes back to cpu. */
export function onCopyingBackend(body: () => void): void {
  tf.setBackend('copying');
  try {
    body();
  } finally {
    tf.setBackend('cpu');
  }
}
