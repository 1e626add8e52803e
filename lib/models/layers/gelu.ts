import * as tf from '@tensorflow/tfjs';
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

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => activate(only(inputs)));
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

/**
 * `dx = dy · (Φ(x) + x · φ(x))`, φ the normal density. With s = x/√2 the second term is `s · exp(−s² − ln √π)`, which costs one
 * pass over memory less than multiplying by 1/√π.
 */
function activate(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (save) => {
      const s = x.mul(Math.SQRT1_2);
      const phi = s.erf().mul(0.5).add(0.5); // Φ(x)
      save(s, phi);
      return x.mul(phi);
    },
    (dy, [s, phi]) => {
      const density = tf.scalar(-HALF_LOG_PI).sub(s!.square()).exp();
      return [density.mul(s!).add(phi!).mul(dy)];
    },
  );
}
