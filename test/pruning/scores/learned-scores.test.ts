import * as tf from '@tensorflow/tfjs';
import { attachmentsOf } from '../../../lib/core/attach';
import { UserError } from '../../../lib/core/errors';
import { trainablesOf } from '../../../lib/core/trainables';
import { weightsOf } from '../../../lib/core/weights';
import { mlp } from '../../../lib/models/mlp';
import { maskSet } from '../../../lib/pruning/mask';
import { clearMasks, masksOf, setMasks } from '../../../lib/pruning/model-masks';
import { constantSparsity } from '../../../lib/pruning/schedule';
import { freeze } from '../../../lib/pruning/scores/freeze';
import { learnedScores, LearnedScores } from '../../../lib/pruning/scores/learned-scores';
import { scorePruner } from '../../../lib/pruning/scores/score-pruner';
import { thresholdPruner } from '../../../lib/pruning/scores/threshold-pruner';
import { expectNoLeak } from '../../leaks';

let model: tf.LayersModel;
let paths: string[];
beforeEach(async () => {
  await tf.setBackend('cpu');
  model = mlp({ inputSize: 2, hiddenSizes: [2, 2], outputSize: 2, seed: 1 });
  paths = weightsOf(model)
    .filter(({ rank }) => rank === 2)
    .map(({ path }) => path);
});
afterEach(() => model.dispose());

const answer = () => tf.tidy(() => [...(model.predict(tf.tensor2d([[1, -2]])) as tf.Tensor).dataSync()]);

it('stands behind latent masks that keep everything, computes what was computed, and goes without a trace', () => {
  const before = answer();
  const scores = learnedScores(model, { initial: 0.5, rateFactor: 3 });
  expect(scores.targets).toEqual(paths.slice(0, 2)); // not the classifier
  expect(answer()).toEqual(before);
  expect([...masksOf(model).latent!]).toEqual(scores.targets);
  expect([...scores.of(paths[0]!)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect(trainablesOf(model).map(({ path, rateFactor, decay }) => [path, rateFactor, decay])).toEqual([
    [`${paths[0]}/score`, 3, false],
    [`${paths[1]}/score`, 3, false],
  ]);
  scores.detach();
  scores.detach();
  clearMasks(model);
  expect([attachmentsOf(model), answer()]).toEqual([[], before]);
  expect(() => scores.of(paths[0]!)).toThrow(UserError);
});

it('begins with the magnitudes of the weights, of each in units of its mean', () => {
  const [first, second] = weightsOf(model).filter(({ rank }) => rank === 2);
  tf.tidy(() => {
    first!.variable.assign(tf.tensor2d([1, -3, 0, 4], [2, 2]));
    second!.variable.assign(tf.zeros([2, 2]));
  });
  const scores = learnedScores(model, { initial: 'magnitude' });
  expect([...scores.of(paths[0]!)]).toEqual([-0.5, 0.5, -1, 1]);
  expect([...scores.of(paths[1]!)]).toEqual([-1, -1, -1, -1]);
  scores.detach();
});

it('keeps no tensors', async () => {
  await expectNoLeak(() => {
    const scores = learnedScores(model, { penalized: true });
    answer();
    tf.tidy(
      () =>
        void tf.variableGrads(() => (model.apply(tf.ones([1, 2]), { training: true }) as tf.Tensor).sum()),
    );
    scores.detach();
    clearMasks(model);
  });
});

it.each<[string, object, string]>([
  ['no weight of the model', { targets: ['dense/kernels'] }, '"dense/kernels"'],
  ['no targets', { targets: [] }, 'got none; name them'],
  ['a rate that is none', { rateFactor: -1 }, 'rateFactor of scores of at least 0, got -1'],
  [
    'a first score that is none',
    { initial: NaN },
    "a number or 'magnitude' for scores to begin with, got NaN",
  ],
  ['a way to begin that there is not', { initial: 'zero' }, 'to begin with, got "zero"'],
])('refuses %s, and changes nothing', (_, options, message) => {
  expect(() => learnedScores(model, options)).toThrow(UserError);
  expect(() => learnedScores(model, options)).toThrow(message);
  expect([attachmentsOf(model), masksOf(model).size]).toEqual([[], 0]);
});

it('refuses a weight that has a mask, also that of other scores', () => {
  setMasks(model, maskSet([[paths[1]!, Uint8Array.of(1, 0, 1, 1)]]));
  expect(() => learnedScores(model)).toThrow(`"${paths[1]}" has one; take it away (clearMasks)`);
  const scores = learnedScores(model, { targets: [paths[0]!] });
  expect(() => learnedScores(model, { targets: [paths[0]!] })).toThrow('has one');
  scores.detach();
});

describe('masks of scores', () => {
  const schedule = constantSparsity({ finalSparsity: 0.5, endStep: 10, frequency: 1 });
  let scores: LearnedScores;
  beforeEach(() => {
    scores = learnedScores(model);
    [
      [3, -5, -1, 2],
      [0.1, -3, 0, 0.1],
    ].forEach((values, i) => scores.of(paths[i]!).set(values));
  });
  afterEach(() => scores.detach());

  const weights = () =>
    new Map(scores.targets.map((path) => [path, { shape: [2, 2], data: new Float32Array(4).fill(9) }]));
  const asked = (by: typeof schedule, pruner: 'score' | 'threshold', step: number) => {
    const made =
      pruner === 'score'
        ? scorePruner({ scores, schedule: by })
        : thresholdPruner({ scores, schedule: by, threshold: 0.25 });
    const set = made.over(10).update(step, weights(), masksOf(model))!;
    expect([...set.latent!]).toEqual(scores.targets);
    return scores.targets.map((path) => [...set.get(path)!].join(''));
  };

  it('keep the highest of each weight, the first of equal ones, and let what was pruned come back', () => {
    expect(asked(schedule, 'score', 1)).toEqual(['1001', '1001']);
    setMasks(model, maskSet([[paths[0]!, Uint8Array.of(0, 1, 1, 0)]], [paths[0]!]));
    expect(asked(schedule, 'score', 1)).toEqual(['1001', '1001']);
    scores.of(paths[1]!).fill(0);
    expect(asked(schedule, 'score', 1)).toEqual(['1001', '1100']);
  });

  it('keep what is above a threshold, which grows, and at the end exactly the highest of all', () => {
    // σ(S) > 1/4 is S > −ln 3 = −1.0986
    const quarter = constantSparsity({ finalSparsity: 0.25, endStep: 10, frequency: 1 });
    expect(asked(quarter, 'threshold', 1)).toEqual(['1011', '1011']);
    expect(asked(schedule, 'threshold', 10)).toEqual(['1001', '1001']);
    scores.of(paths[1]!).set([5, 4, 1, 0]);
    expect(asked(schedule, 'threshold', 10)).toEqual(['1001', '1100']);
    // at half of the way 1/8: S > −ln 7 = −1.9459
    const half = Object.assign((step: number) => (step < 10 ? 0.25 : 0.5), schedule);
    scores.of(paths[1]!).set([-1.9, -2, 0, -1]);
    expect(asked(half, 'threshold', 5)).toEqual(['1011', '1011']);
    const none = Object.assign(() => 0, schedule);
    expect(asked(none, 'threshold', 10)).toEqual(['1111', '1111']);
  });

  it('prune as much as the schedule says where no threshold prunes enough', () => {
    const most = constantSparsity({ finalSparsity: 0.75, endStep: 10, frequency: 1 });
    // σ(S) > 1/4 would keep six
    expect(asked(most, 'threshold', 5)).toEqual(['1001', '0000']);
    [0, 1].forEach((i) => scores.of(paths[i]!).fill(-9));
    expect(asked(schedule, 'threshold', 5)).toEqual(['0000', '0000']);
  });

  it('are refused for a threshold that no sigmoid has', () => {
    for (const threshold of [-0.1, 1, NaN]) {
      expect(() => thresholdPruner({ scores, schedule, threshold })).toThrow(
        'threshold of at least 0 and below 1',
      );
    }
  });
});

it('freezing leaves trainable what is asked for, and is undone exactly', () => {
  const trainable = () => weightsOf(model).flatMap(({ path, trainable: is }) => (is ? [path] : []));
  const before = trainable();
  const thaw = freeze(model, (path) => path === paths[1]);
  expect(trainable()).toEqual([paths[1]]);
  thaw();
  expect(trainable()).toEqual(before);
});
