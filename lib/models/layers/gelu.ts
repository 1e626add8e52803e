import * as tf from '@tensorflow/tfjs';
import { isTracing } from '../../core/derived';
import type { DeclaresFacts } from '../../core/facts';
import { withGradient } from '../with-gradient';
import { only } from './inputs';

class Gelu extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleGelu';
  readonly facts = {
    tokenWise: 1,
    passes: 'activation',
    scaling: { activation: { name: 'gelu', isScaleEquivariant: false } },
  } as const;

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { readonly training?: boolean }): tf.Tensor {
    const run = isTracing() && !kwargs.training ? activateAtOnce : activate;
    return tf.tidy(() => run(only(inputs)));
  }
}
tf.serialization.registerClass(Gelu);

/**
 * The Gaussian error linear unit, `x · Φ(x)` with `Φ(x) = (1 + erf(x/√2)) / 2` (Hendrycks & Gimpel 2016, arXiv:1606.08415):
 * BERT's `gelu`, not its tanh approximation.
 */
export function gelu(options: { readonly name?: string } = {}): tf.layers.Layer {
  return new Gelu(options);
}

const HALF_LOG_PI = Math.log(Math.PI) / 2;

function activate(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (save) => {
      const parts = partsOf(x);
      save(parts.s, parts.phi);
      return x.mul(parts.phi);
    },
    (dy, [s, phi]) => [gradient(dy, { s: s!, phi: phi! })],
  );
}

/** The same as one operator of the traced program, for inference; a training step's backward pass reads the parts. */
function activateAtOnce(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (save) => {
      save(x);
      return tf.engine().runKernel('WhittleGelu', { x }) as tf.Tensor;
    },
    (dy, [x]) => [gradient(dy, partsOf(x!))],
  );
}

interface Parts {
  /** x/√2 */
  readonly s: tf.Tensor;
  /** Φ(x) */
  readonly phi: tf.Tensor;
}

function partsOf(x: tf.Tensor): Parts {
  const s = x.mul(Math.SQRT1_2);
  return { s, phi: s.erf().mul(0.5).add(0.5) };
}

/**
 * `dx = dy · (Φ(x) + x · φ(x))`, φ the normal density. With s = x/√2 the second term is `s · exp(−s² − ln √π)`, which costs one
 * pass over memory less than multiplying by 1/√π.
 */
function gradient(dy: tf.Tensor, { s, phi }: Parts): tf.Tensor {
  const density = tf.scalar(-HALF_LOG_PI).sub(s.square()).exp();
  return density.mul(s).add(phi).mul(dy);
}
