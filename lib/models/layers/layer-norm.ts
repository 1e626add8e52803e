import * as tf from '@tensorflow/tfjs';
import { isTracing } from '../../core/derived';
import type { DeclaresFacts } from '../../core/facts';
import { withGradient } from '../with-gradient';
import { only } from './inputs';

/** Options of `layerNorm`. */
export interface LayerNormOptions {
  readonly name?: string;
  /** Added to the variance; 1e-12 by default, as in BERT. */
  readonly epsilon?: number;
}

class LayerNorm extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleLayerNorm';
  readonly facts = {
    weights: { gamma: { role: 'scale' }, beta: { role: 'shift' } },
    tokenWise: 1,
    passes: 'norm',
    scaling: { products: [{ weight: 'gamma' }] },
  } as const;
  readonly epsilon: number;
  private gamma!: tf.LayerVariable;
  private beta!: tf.LayerVariable;

  constructor(options: LayerNormOptions) {
    super({ name: options.name });
    this.epsilon = options.epsilon ?? 1e-12;
  }

  override build(inputShape: tf.Shape): void {
    const width = inputShape.at(-1)!;
    this.gamma = this.addWeight('gamma', [width], 'float32', tf.initializers.ones());
    this.beta = this.addWeight('beta', [width], 'float32', tf.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { readonly training?: boolean }): tf.Tensor {
    const run = isTracing() && !kwargs.training ? normalizeAtOnce : normalize;
    return tf.tidy(() => run(only(inputs), this.gamma.read(), this.beta.read(), this.epsilon));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), epsilon: this.epsilon };
  }
}
tf.serialization.registerClass(LayerNorm);

/**
 * Layer normalization over the last axis: `γ · x̂ + β` with `x̂ = (x − mean) / σ` and `σ = sqrt(variance + ε)` (Ba et al. 2016,
 * arXiv:1607.06450). Weights `gamma` and `beta` [width]; any rank. tfjs's own layer has a gradient that is many times slower.
 *
 * @example layerNorm({ name: 'norm' }).apply(x)
 */
export function layerNorm(options: LayerNormOptions = {}): tf.layers.Layer {
  return new LayerNorm(options);
}

function normalize(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  const rows = rowsOf(x);
  const y = withGradient(
    [rows, gamma, beta],
    (save) => {
      const { normal, inverse } = standardize(rows, epsilon);
      save(normal, inverse, gamma);
      return normal.mul(gamma).add(beta);
    },
    (dy, [normal, inverse, gamma]) => gradients(dy, { normal: normal!, inverse: inverse! }, gamma!),
  );
  return y.reshape(x.shape);
}

/**
 * The same as one operator of the traced program, for inference: onnxruntime takes a quarter of the time for it. A training step is
 * faster with the parts, which its backward pass reads.
 */
function normalizeAtOnce(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  return withGradient(
    [x, gamma, beta],
    (save) => {
      save(x, gamma);
      return tf.engine().runKernel('WhittleLayerNorm', { x, gamma, beta }, { epsilon }) as tf.Tensor;
    },
    (dy, [x, gamma]) => {
      const [dx, ...rest] = gradients(rowsOf(dy), standardize(rowsOf(x!), epsilon), gamma!) as [
        tf.Tensor,
        ...tf.Tensor[],
      ];
      return [dx.reshape(x!.shape), ...rest];
    },
  );
}

/** [..., width] → [rows, width]: sums over rank 2 are the fast ones everywhere. */
function rowsOf(x: tf.Tensor): tf.Tensor {
  return x.reshape([-1, x.shape.at(-1)!]);
}

interface Standardized {
  /** x̂ [rows, width] */
  readonly normal: tf.Tensor;
  /** 1/σ [rows, 1] */
  readonly inverse: tf.Tensor;
}

function standardize(rows: tf.Tensor, epsilon: number): Standardized {
  const centered = rows.sub(rows.mean(-1, true));
  const inverse = centered.square().mean(-1, true).add(epsilon).rsqrt();
  return { normal: centered.mul(inverse), inverse };
}

/** `dx = (γ·dy − mean(γ·dy) − x̂ · mean(γ·dy·x̂)) / σ`, `dγ = Σ dy · x̂`, `dβ = Σ dy`. */
function gradients(dy: tf.Tensor, { normal, inverse }: Standardized, gamma: tf.Tensor): tf.Tensor[] {
  const width = gamma.size;
  const along = dy.mul(normal);
  const average = gamma.div(width).reshape([width, 1]); // mean(γ·v) = v · average, without writing γ·v
  const shift = normal.mul(tf.matMul(along, average)).add(tf.matMul(dy, average));
  return [dy.mul(gamma).sub(shift).mul(inverse), along.sum(0), dy.sum(0)];
}
