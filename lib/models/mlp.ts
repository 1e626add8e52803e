import * as tf from '@tensorflow/tfjs';
import { truncatedNormal } from './initializer';
import { dropout } from './layers/dropout';

/** Architecture of a multi-layer perceptron. */
export interface MlpConfig {
  /** Numbers per example. */
  readonly inputSize: number;
  /** Width of each hidden layer, e.g. `[300, 100]`; empty for a linear model. */
  readonly hiddenSizes: readonly number[];
  /** Numbers per example that come out: classes, or 1 for a regression. */
  readonly outputSize: number;
  /** Dropout rate after each hidden layer; 0 by default. */
  readonly dropout?: number;
  /** Of the first weights: the same seed gives the same bits; 0 by default. */
  readonly seed?: number;
}

/**
 * A perceptron with ReLU hidden layers, [batch, inputSize] → [batch, outputSize], logits. Weights are drawn as He et al. 2015
 * (arXiv:1502.01852) do: normal with standard deviation `sqrt(2 / inputs)`, cut at two of them; biases are 0. Their paths are
 * `hidden/<i>/{kernel,bias}` and `output/{kernel,bias}`.
 *
 * @example const model = mlp({ inputSize: 784, hiddenSizes: [300, 100], outputSize: 10, seed: 1 });
 */
export function mlp(config: MlpConfig): tf.LayersModel {
  const { inputSize, hiddenSizes, outputSize, dropout: rate = 0, seed = 0 } = config;
  const input = tf.input({ name: 'features', shape: [inputSize] });
  const dense = (name: string, x: tf.SymbolicTensor, units: number, activation?: 'relu') => {
    const stddev = Math.sqrt(2 / x.shape[1]!);
    const kernelInitializer = truncatedNormal({ stddev, seed, path: `${name}/kernel` });
    return tf.layers.dense({ name, units, activation, kernelInitializer }).apply(x) as tf.SymbolicTensor;
  };
  const hidden = hiddenSizes.reduce((x, units, i) => {
    const y = dense(`hidden/${i}`, x, units, 'relu');
    return dropout({ name: `hidden/${i}/dropout`, rate }).apply(y) as tf.SymbolicTensor;
  }, input);
  return tf.model({ name: 'mlp', inputs: input, outputs: dense('output', hidden, outputSize) });
}
