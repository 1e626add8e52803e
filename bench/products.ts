import * as tf from '@tensorflow/tfjs';
import { HostTensor, hostTensor } from '../lib/core/host-tensor';
import { Program } from '../lib/compile/program';
import { WorkerOptions } from './sizes';

/** One step, in milliseconds. */
export type Step = () => Promise<number>;

/** Only a step's products with weights, forward and both gradients, in onnxruntime, of all tokens in all layers: our step spares most of the last one. */
export async function products(options: WorkerOptions): Promise<Step> {
  const { layers, width, batch, length, threads, provider } = options;
  const sizes = [width, width, width, width, 4 * width, width];
  const operands = sizes.flatMap((columns, i) => {
    const inner = i === 5 ? 4 * width : width;
    return [random(batch * length, inner), random(inner, columns)];
  });
  const program = await Program.compile(multiply, operands, { threads, provider });
  return async () => {
    const begin = performance.now();
    for (let layer = 0; layer < layers; layer++) await program.run(operands);
    return performance.now() - begin;
  };
}

function random(rows: number, columns: number): HostTensor {
  return hostTensor(Float32Array.from({ length: rows * columns }, Math.random), [rows, columns]);
}

/** Of each dense layer `x, w`: one number of each gradient, so that nothing is left out and next to nothing comes out. */
function multiply(...operands: tf.Tensor[]): tf.Tensor[] {
  return operands.flatMap((x, i) => {
    if (i % 2 > 0) return [];
    const w = operands[i + 1]!;
    const y = tf.matMul(x, w); // stands for its own gradient
    return [tf.matMul(y, w, false, true), tf.matMul(x, y, true, false)].map((product) =>
      product.slice([0, 0], [1, 1]),
    );
  });
}
