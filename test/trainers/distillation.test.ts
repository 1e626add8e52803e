import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../datasets/batch';
import { UserError } from '../../lib/core/errors';
import { mlp } from '../../lib/models/mlp';
import { distillation, softLabels, softTargets } from '../../trainers/distillation';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { meanSquaredError } from '../../trainers/losses';
import { adamW } from '../../trainers/optimizer';
import { constantRate } from '../../trainers/schedules';
import { train } from '../../trainers/trainer';
import { expectNoLeak } from '../leaks';

beforeEach(() => tf.setBackend('cpu'));

const value = (scalar: tf.Scalar): number => scalar.dataSync()[0] as number;

describe('softTargets', () => {
  it('is 0 where the student says what the teacher says, whatever is added to all logits', () => {
    const teacher = tf.tensor2d([[1, 2, 3]]);
    expect(value(softTargets()(teacher.add(5), teacher))).toBeCloseTo(0, 6);
  });

  it('is T² times the divergence at temperature T', () => {
    const [student, teacher] = [tf.tensor2d([[0, 0]]), tf.tensor2d([[Math.log(3) * 4, 0]])];
    const divergence = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
    expect(value(softTargets({ temperature: 4 })(student, teacher))).toBeCloseTo(16 * divergence, 5);
  });

  it('refuses a temperature of 0, other classes, and a regression', () => {
    expect(() => softTargets({ temperature: 0 })).toThrow(UserError);
    expect(() => softTargets()(tf.zeros([1, 2]), tf.zeros([1, 3]))).toThrow('[1, 2] and [1, 3]');
    expect(() => softTargets()(tf.zeros([1, 1]), tf.zeros([1, 1]))).toThrow('meanSquaredError');
  });
});

describe('softLabels', () => {
  it('is 0 where the student says what the teacher says, also of one label and far from 0', () => {
    for (const logits of [tf.tensor2d([[1, -2, 3]]), tf.tensor2d([[200], [-200]])]) {
      expect(value(softLabels()(logits, logits))).toBe(0);
    }
  });

  it('is T² times the mean divergence of each label at temperature T', () => {
    const [student, teacher] = [tf.tensor2d([[0, 1]]), tf.tensor2d([[Math.log(3) * 4, 1]])];
    const divergence = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
    expect(value(softLabels({ temperature: 4 })(student, teacher))).toBeCloseTo((16 * divergence) / 2, 5);
  });

  it('is the same on both engines', async () => {
    const options = { soft: softLabels(), weight: 1 };
    const eager = await trained(eagerEngine({ backend: 'cpu' }), options);
    const compiled = await trained(compiledEngine({ threads: 1 }), options);
    compiled.forEach((loss, i) => expect(loss).toBeCloseTo(eager[i]!, 5));
    expect(eager.at(-1)).toBeLessThan(eager[0]!);
  });

  it('refuses a temperature of 0 and other labels, and leaves nothing behind', async () => {
    expect(() => softLabels({ temperature: 0 })).toThrow(UserError);
    expect(() => softLabels()(tf.zeros([1, 2]), tf.zeros([1, 3]))).toThrow('[1, 2] and [1, 3]');
    const [z, teacher] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0, 1]])];
    await expectNoLeak(() => Promise.resolve(softLabels()(z, teacher).dispose()));
  });
});

const network = (seed: number) => mlp({ inputSize: 3, hiddenSizes: [4], outputSize: 2, seed });
const HIDDEN = 'hidden/0';

async function trained(
  engine: ReturnType<typeof eagerEngine>,
  options: Partial<Parameters<typeof distillation>[0]>,
  steps = 10,
) {
  const [model, teacher] = [network(1), network(2)];
  const xs = tf.tensor2d(Array.from({ length: 8 }, (_, i) => [i % 2, i % 3, i / 8]));
  const labels = tf.zeros([8], 'int32');
  const data = fromTensors(xs, labels, { batchSize: 8 });
  tf.dispose([xs, labels]);
  const hidden = [{ student: HIDDEN, teacher: HIDDEN }];
  const loss = distillation({ teacher, hidden, ...options });
  const result = await train({
    model,
    loss,
    data,
    optimizer: adamW(),
    learningRate: constantRate(0.05),
    steps,
    engine,
  });
  const before = network(2);
  expect(teacher.getWeights().map((weight) => [...weight.dataSync()])).toEqual(
    before.getWeights().map((weight) => [...weight.dataSync()]),
  );
  [model, teacher, before].forEach((each) => each.dispose());
  return result.losses;
}

describe('distillation', () => {
  it('is the same on both engines, hidden states included', async () => {
    const eager = await trained(eagerEngine({ backend: 'cpu' }), {});
    const compiled = await trained(compiledEngine({ threads: 1 }), {});
    compiled.forEach((loss, i) => expect(loss).toBeCloseTo(eager[i]!, 5));
  });

  it('brings the student to the teacher', async () => {
    const losses = await trained(compiledEngine({ threads: 1 }), { weight: 1 }, 300);
    expect(losses.at(-1)).toBeLessThan(0.25 * losses[0]!);
  });

  it('leaves nothing behind', () =>
    expectNoLeak(async () => {
      await trained(eagerEngine({ backend: 'cpu' }), {}, 2);
    }));

  it('is the loss on the labels in evaluation, and without weight', () => {
    const teacher = network(2);
    const loss = distillation({ teacher, hard: meanSquaredError, soft: meanSquaredError, weight: 0 });
    const [z, y] = [tf.tensor2d([[3, 1]]), tf.tensor2d([[1, 1]])];
    expect(value(loss(z, y))).toBe(2);
    expect(value(loss(z, y, { inputs: [tf.zeros([1, 3])], hidden: [] }))).toBe(2);
    teacher.dispose();
  });

  it('refuses a weight above 1 and layers that are not there or of another shape', async () => {
    const teacher = network(2);
    expect(() => distillation({ teacher, weight: 2 })).toThrow(UserError);
    const pair = (student: string) =>
      trained(eagerEngine({ backend: 'cpu' }), { hidden: [{ student, teacher: HIDDEN }] });
    await expect(pair('nowhere')).rejects.toThrow('Expected a layer "nowhere"');
    await expect(pair('output')).rejects.toThrow('one shape to distill');
    teacher.dispose();
  });
});
