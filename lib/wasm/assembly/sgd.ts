import { TAIL } from './layout';

/**
 * Stochastic gradient descent with momentum, as PyTorch computes it:
 *
 *   g = gradientScale · gradient + weightDecay · w
 *   velocity = momentum · velocity + g
 *   w = w − learningRate · velocity,   or with Nesterov's momentum   w = w − learningRate · (g + momentum · velocity)
 */
export function sgd(
  w: usize,
  velocity: usize,
  gradient: usize,
  n: i32,
  learningRate: f64,
  momentum: f64,
  weightDecay: f64,
  gradientScale: f64,
  nesterov: bool,
): void {
  const R = f32x4.splat(<f32>learningRate);
  const M = f32x4.splat(<f32>momentum);
  const D = f32x4.splat(<f32>weightDecay);
  const S = f32x4.splat(<f32>gradientScale);
  // The step is O · g + C · velocity.
  const O = f32x4.splat(nesterov ? 1 : 0);
  const C = f32x4.splat(nesterov ? <f32>momentum : 1);

  const bytes = (<usize>n) << 2;
  const whole = bytes & ~63;
  for (let i: usize = 0; i < whole; i += 64) {
    update(w + i, velocity + i, gradient + i, R, M, D, S, O, C);
    update(w + i + 16, velocity + i + 16, gradient + i + 16, R, M, D, S, O, C);
    update(w + i + 32, velocity + i + 32, gradient + i + 32, R, M, D, S, O, C);
    update(w + i + 48, velocity + i + 48, gradient + i + 48, R, M, D, S, O, C);
  }
  for (let i = whole; i < bytes; i += 16) {
    const some = min<usize>(bytes - i, 16);
    memory.copy(TAIL, w + i, some);
    memory.copy(TAIL + 16, velocity + i, some);
    memory.copy(TAIL + 32, gradient + i, some);
    update(TAIL, TAIL + 16, TAIL + 32, R, M, D, S, O, C);
    memory.copy(w + i, TAIL, some);
    memory.copy(velocity + i, TAIL + 16, some);
  }
}

/** Updates four weights. */
function update(
  w: usize,
  velocity: usize,
  gradient: usize,
  R: v128,
  M: v128,
  D: v128,
  S: v128,
  O: v128,
  C: v128,
): void {
  const weight = v128.load(w);
  const g = f32x4.add(f32x4.mul(v128.load(gradient), S), f32x4.mul(D, weight));
  const next = f32x4.add(f32x4.mul(M, v128.load(velocity)), g);
  v128.store(velocity, next);
  v128.store(w, f32x4.sub(weight, f32x4.mul(R, f32x4.add(f32x4.mul(O, g), f32x4.mul(C, next)))));
}
