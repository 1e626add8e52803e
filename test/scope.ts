import * as tf from '@tensorflow/tfjs';

/** Runs each test of the file on a backend, and frees what it leaves: for tests of values, not of leaks. */
export function scopeEachTest(backend = 'cpu'): void {
  beforeEach(async () => {
    await tf.setBackend(backend);
    tf.engine().startScope();
  });
  afterEach(() => {
    tf.engine().endScope();
    tf.disposeVariables();
  });
}
