import * as tf from '@tensorflow/tfjs';
import { hessianTrace, HessianTraceOptions } from '../../../lib/analysis/measures/hessian-trace';
import { openSubject } from '../../../lib/analysis/sensitivity/subject';
import { forward } from '../../../lib/forward/forward';
import { hostTensor } from '../../../lib/core/host-tensor';
import { weightsOf } from '../../../lib/core/weights';
import { softmaxCrossEntropy } from '../../../trainers/losses';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const EXAMPLES = 12;
const loss = softmaxCrossEntropy;
const xs = hostTensor(
  Float32Array.from({ length: EXAMPLES * 3 }, (_, i) => Math.sin(i * i + 1) * 2),
  [EXAMPLES, 3],
);
const ys = hostTensor(
  Int32Array.from({ length: EXAMPLES }, (_, i) => (i * 7) % 3),
  [EXAMPLES],
);

/** Two layers with an activation between them, of weights that no training has seen: the loss is at no minimum. */
function untrained(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'first', units: 4, activation: 'tanh', inputShape: [3] }),
      tf.layers.dense({ name: 'second', units: 3 }),
    ],
  });
  model.setWeights(
    model.weights.map(({ shape }, i) => tf.randomNormal(shape as number[], 0, 1.5, 'float32', i + 3)),
  );
  return model;
}

const probabilities = (model: tf.LayersModel): number[][] =>
  tf.tidy(
    () =>
      forward(model, [tf.tensor(xs.data, xs.shape)], false)
        .softmax()
        .arraySync() as number[][],
  );

const logitsOf = (model: tf.LayersModel): number[] =>
  tf.tidy(() => [...forward(model, [tf.tensor(xs.data, xs.shape)], false).dataSync()]);

/** By every coordinate of a weight: its gradient a step ahead and behind, and all answers there. */
function exactTraces(model: tf.LayersModel, path: string): { hessian: number; gaussNewton: number } {
  const { variable } = weightsOf(model).find((weight) => weight.path === path)!;
  const values = Float32Array.from(variable.dataSync());
  const step = 0.02;
  const moved = <T>(i: number, by: number, read: () => T): T => {
    tf.tidy(() =>
      variable.assign(
        tf.tensor(
          values.map((v, j) => v + (i === j ? by : 0)),
          variable.shape,
        ),
      ),
    );
    return read();
  };
  const gradient = (i: number) =>
    tf.tidy(() => {
      const value = () =>
        loss(forward(model, [tf.tensor(xs.data, xs.shape)], false), tf.tensor(ys.data, ys.shape, 'int32'));
      return tf.variableGrads(value, [variable]).grads[variable.name]!.dataSync()[i]!;
    });
  const p = probabilities(model);
  let [hessian, gaussNewton] = [0, 0];
  values.forEach((_, i) => {
    const [ahead, behind] = [moved(i, step, () => gradient(i)), moved(i, -step, () => gradient(i))];
    hessian += (ahead - behind) / (2 * step);
    const [up, down] = [moved(i, step, () => logitsOf(model)), moved(i, -step, () => logitsOf(model))];
    const u = up.map((value, j) => (value - down[j]!) / (2 * step));
    // ∂²L/∂z² of the softmax cross entropy is diag(p) − p pᵀ for each example, over their number.
    p.forEach((row, n) => {
      const of = row.map((__, k) => u[3 * n + k]!);
      const mean = row.reduce((total, share, k) => total + share * of[k]!, 0);
      gaussNewton += row.reduce((total, share, k) => total + share * (of[k]! - mean) ** 2, 0) / EXAMPLES;
    });
  });
  moved(-1, 0, () => undefined);
  return { hessian, gaussNewton };
}

async function estimated(model: tf.LayersModel, options: Partial<HessianTraceOptions>): Promise<number[]> {
  const kernels = weightsOf(model).filter(({ name }) => name === 'kernel');
  const subject = openSubject(model, kernels, false);
  try {
    const { lossOf } = await hessianTrace({ data: [{ xs: [xs], ys }], loss, ...options }).open(subject);
    const losses: number[] = [];
    for (const { path, variable } of kernels) {
      const before = new Float32Array(variable.size);
      losses.push(2 * (await lossOf([{ path, before, after: before.map(() => 1) }])));
    }
    return losses; // ½ tr(C) / n · n, twice
  } finally {
    await subject.dispose();
  }
}

test('the traces are those found by every coordinate, and the Hessian’s is below 0 where training has not been', async () => {
  const model = untrained();
  const [first, second] = ['first/kernel', 'second/kernel'].map((path) => exactTraces(model, path));
  expect(first!.hessian).toBeLessThan(-0.5); // no noise of an estimate
  expect(second!.hessian / second!.gaussNewton).toBeCloseTo(1, 3); // the last layer: answers are linear in it
  const hessian = await estimated(model, { curvature: 'hessian', samples: 300 });
  expect(hessian[0]).toBe(0);
  expect(Math.abs(hessian[1]! / second!.hessian - 1)).toBeLessThan(0.15);
  const gaussNewton = await estimated(model, { samples: 300 });
  expect(Math.abs(gaussNewton[0]! / first!.gaussNewton - 1)).toBeLessThan(0.15);
  expect(Math.abs(gaussNewton[1]! / second!.gaussNewton - 1)).toBeLessThan(0.15);
});

test('of the Gauss–Newton matrix no sample is below 0', async () => {
  const model = untrained();
  for (let seed = 0; seed < 20; seed++) {
    const found = await estimated(model, { samples: 1, seed });
    found.forEach((value) => expect(value).toBeGreaterThan(0));
  }
});
