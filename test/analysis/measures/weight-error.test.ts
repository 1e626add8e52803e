import * as tf from '@tensorflow/tfjs';
import { fisher } from '../../../lib/analysis/measures/fisher';
import { GradientOptions, LabelledBatch } from '../../../lib/analysis/measures/gradients';
import { hessianTrace } from '../../../lib/analysis/measures/hessian-trace';
import { Measure } from '../../../lib/analysis/measures/measure';
import { openSubject } from '../../../lib/analysis/sensitivity/subject';
import { hostTensor } from '../../../lib/core/host-tensor';
import { weightsOf } from '../../../lib/core/weights';
import { meanSquaredError } from '../../../trainers/losses';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const loss = meanSquaredError;
const WEIGHTS = [0.5, -1, 2];

/** A linear model of three inputs: with the squared error its loss is a quadratic of known Hessian, 2/N Σ x xᵀ. */
function linear(): tf.LayersModel {
  const layer = tf.layers.dense({ name: 'w', units: 1, useBias: false, inputShape: [3] });
  const model = tf.sequential({ layers: [layer] });
  tf.tidy(() => layer.setWeights([tf.tensor2d(WEIGHTS, [3, 1])]));
  return model;
}

const batch = (rows: number[][], labels: number[]): LabelledBatch => ({
  xs: [hostTensor(Float32Array.from(rows.flat()), [rows.length, 3])],
  ys: hostTensor(Float32Array.from(labels), [rows.length, 1]),
});

async function lossOf(measure: Measure, after: number[]): Promise<number> {
  const model = linear();
  const subject = openSubject(model, weightsOf(model), false);
  try {
    const { lossOf } = await measure.open(subject);
    const change = { path: 'w/kernel', before: Float32Array.from(WEIGHTS), after: Float32Array.from(after) };
    expect([...model.getWeights()[0]!.dataSync()]).toEqual(WEIGHTS);
    return await lossOf([change]);
  } finally {
    await subject.dispose();
    model.dispose();
  }
}

// x · w = 4.5, so ∂L/∂w = 2 · (4.5 − y) · x.
const one = batch([[1, 0, 2]], [4]); // gradient [1, 0, 2]
const other = batch([[1, 0, 2]], [3]); // gradient [3, 0, 6]

describe('fisher', () => {
  test('is half the mean square of gradients times the squared error', async () => {
    // F = [(1 + 9) / 2, 0, (4 + 36) / 2]
    const error = (5 * 0.5 ** 2 + 20 * 0.25 ** 2) / 2;
    expect(await lossOf(fisher({ data: [one, other], loss }), [1, 7, 2.25])).toBeCloseTo(error, 6);
  });

  test('of a batch sees the gradient of its mean', async () => {
    const both = batch(
      [
        [1, 0, 2],
        [1, 0, 2],
      ],
      [4, 3],
    ); // gradient [2, 0, 4]
    expect(await lossOf(fisher({ data: [both], loss }), [1, -1, 2])).toBeCloseTo((4 * 0.5 ** 2) / 2, 6);
  });

  test('is 0 where nothing is changed', async () => {
    expect(await lossOf(fisher({ data: [one], loss }), WEIGHTS)).toBe(0);
  });
});

const curvatures = [{ curvature: 'gaussNewton' }, { curvature: 'hessian' }] as const;

describe.each(curvatures)('hessianTrace, %j', (kind) => {
  const orthogonal = batch(
    [
      [2, 0, 0],
      [0, 1, 0],
      [0, 0, 3],
    ],
    [0, 0, 0],
  ); // H = 2/3 · diag(4, 1, 9), whatever the signs

  test('is exact in one sample for a quadratic whose Hessian is diagonal', async () => {
    const trace = (2 / 3) * 14;
    const error = 0.5 ** 2 + 1 ** 2;
    const found = await lossOf(hessianTrace({ ...kind, data: [orthogonal], loss, samples: 1 }), [1, -1, 1]);
    expect(found / ((trace / 3 / 2) * error)).toBeCloseTo(1, 4);
  });

  test('comes near the trace of any other with its samples, the same for the same seed', async () => {
    const mixed = batch(
      [
        [1, 1, 0],
        [0, 2, 1],
      ],
      [0, 0],
    ); // H = [[1, 1, 0], [1, 5, 2], [0, 2, 1]]
    const traceBy = async (samples: number, seed: number) =>
      6 * (await lossOf(hessianTrace({ ...kind, data: [mixed], loss, samples, seed }), [1.5, -1, 2]));
    const [few, many, again, others] = [
      await traceBy(1, 0),
      await traceBy(256, 0),
      await traceBy(256, 0),
      await traceBy(256, 1),
    ];
    // vᵀHv is 7 ± 2 ± 4.
    expect([1, 5, 9, 13].some((value) => Math.abs(few - value) < 0.01)).toBe(true);
    for (const value of [many, others]) expect(Math.abs(value - 7)).toBeLessThan(0.8); // three standard errors
    expect(again).toBe(many);
    expect(others).not.toBe(many);
  });

  test('below 0 counts as 0', async () => {
    const concave = (predictions: tf.Tensor) => predictions.square().mean().neg() as tf.Scalar;
    expect(await lossOf(hessianTrace({ ...kind, data: [orthogonal], loss: concave }), [1, 1, 1])).toBe(0);
  });

  test.each([{ samples: 0 }, { samples: 1.5 }, { step: 0 }, { step: NaN }])('refuses %j', async (options) => {
    const measure = hessianTrace({ data: [orthogonal], loss, ...options });
    await expect(lossOf(measure, WEIGHTS)).rejects.toThrow('Expected samples from 1 and a step above 0');
  });
});

test('hessianTrace refuses a curvature that there is not', async () => {
  const measure = hessianTrace({ data: [one], loss, curvature: 'fisher' as 'hessian' });
  await expect(lossOf(measure, WEIGHTS)).rejects.toThrow(
    "among gaussNewton, hessian for the Hessian's trace",
  );
});

describe.each([
  ['fisher', fisher],
  ['hessianTrace', hessianTrace],
  [
    'hessianTrace of the Hessian',
    (options: GradientOptions) => hessianTrace({ ...options, curvature: 'hessian' }),
  ],
] as const)('%s', (_, make) => {
  test('leaves nothing behind', async () => {
    await expectNoLeak(async () => void (await lossOf(make({ data: [one], loss }), [1, 1, 1])));
  });

  test('sees frozen weights', async () => {
    const model = linear();
    model.layers[0]!.trainable = false;
    const subject = openSubject(model, weightsOf(model), false);
    const { lossOf } = await make({ data: [one], loss }).open(subject);
    const change = { path: 'w/kernel', before: Float32Array.of(0, 0, 0), after: Float32Array.of(1, 1, 1) };
    expect(await lossOf([change])).toBeGreaterThan(0);
    await subject.dispose();
  });

  test.each([
    ['no data', [], loss, 'Expected at least one batch for the'],
    [
      'a loss that is no number',
      [one],
      (predictions: tf.Tensor) => predictions.mul(NaN).mean() as tf.Scalar,
      'Expected a finite loss of "sequential',
    ],
    [
      'a loss of something else',
      [one],
      (_: tf.Tensor, labels: tf.Tensor) => labels.mean() as tf.Scalar,
      'Expected a loss that depends on ',
    ],
  ])('refuses %s, and leaves the weights alone', async (__, data, wrong, message) => {
    await expect(lossOf(make({ data, loss: wrong }), WEIGHTS)).rejects.toThrow(message);
  });
});
