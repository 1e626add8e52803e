import { TAIL } from './layout';

/**
 * AdamW (Loshchilov & Hutter 2019), as PyTorch computes it:
 *
 *   g = gradientScale · gradient
 *   w = w − learningRate · weightDecay · w
 *   m = beta1 · m + (1 − beta1) · g,   v = beta2 · v + (1 − beta2) · g²
 *   w = w − (learningRate / c1) · m / (√v / √c2 + epsilon)
 *
 * where c1 = 1 − beta1^step and c2 = 1 − beta2^step. The last line is computed with numerator and denominator multiplied by
 * √c2, which saves an operation per weight.
 */
export function adamw(
  w: usize,
  m: usize,
  v: usize,
  gradient: usize,
  n: i32,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  weightDecay: f64,
  gradientScale: f64,
  c1: f64,
  c2: f64,
): void {
  const root = Math.sqrt(c2);
  const R = f32x4.splat(<f32>((learningRate * root) / c1));
  const E = f32x4.splat(<f32>(epsilon * root));
  const D = f32x4.splat(<f32>(1 - learningRate * weightDecay));
  const S = f32x4.splat(<f32>gradientScale);
  const B1 = f32x4.splat(<f32>beta1);
  const A1 = f32x4.splat(<f32>(1 - beta1));
  const B2 = f32x4.splat(<f32>beta2);
  const A2 = f32x4.splat(<f32>(1 - beta2));

  const bytes = (<usize>n) << 2;
  const whole = bytes & ~63;
  // V8 spends as much on closing a loop as on four weights, so a turn does four times four.
  for (let i: usize = 0; i < whole; i += 64) {
    update(w + i, m + i, v + i, gradient + i, R, B1, A1, B2, A2, E, D, S);
    update(w + i + 16, m + i + 16, v + i + 16, gradient + i + 16, R, B1, A1, B2, A2, E, D, S);
    update(w + i + 32, m + i + 32, v + i + 32, gradient + i + 32, R, B1, A1, B2, A2, E, D, S);
    update(w + i + 48, m + i + 48, v + i + 48, gradient + i + 48, R, B1, A1, B2, A2, E, D, S);
  }
  for (let i = whole; i < bytes; i += 16) {
    const some = min<usize>(bytes - i, 16);
    memory.copy(TAIL, w + i, some);
    memory.copy(TAIL + 16, m + i, some);
    memory.copy(TAIL + 32, v + i, some);
    memory.copy(TAIL + 48, gradient + i, some);
    update(TAIL, TAIL + 16, TAIL + 32, TAIL + 48, R, B1, A1, B2, A2, E, D, S);
    memory.copy(w + i, TAIL, some);
    memory.copy(m + i, TAIL + 16, some);
    memory.copy(v + i, TAIL + 32, some);
  }
}

/** Updates four weights. */
function update(
  w: usize,
  m: usize,
  v: usize,
  gradient: usize,
  R: v128,
  B1: v128,
  A1: v128,
  B2: v128,
  A2: v128,
  E: v128,
  D: v128,
  S: v128,
): void {
  const g = f32x4.mul(v128.load(gradient), S);
  const first = f32x4.add(f32x4.mul(B1, v128.load(m)), f32x4.mul(A1, g));
  const second = f32x4.add(f32x4.mul(B2, v128.load(v)), f32x4.mul(A2, f32x4.mul(g, g)));
  v128.store(m, first);
  v128.store(v, second);
  const change = f32x4.div(f32x4.mul(R, first), f32x4.add(f32x4.sqrt(second), E));
  v128.store(w, f32x4.sub(f32x4.mul(D, v128.load(w)), change));
}
