import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../lib/core/errors';
import { maskKindOf, maskOf } from '../../../lib/pruning/model-masks';
import { movement } from '../../../lib/pruning/saliency';
import { constantSparsity } from '../../../lib/pruning/schedule';
import { freeze } from '../../../lib/pruning/scores/freeze';
import { learnedScores } from '../../../lib/pruning/scores/learned-scores';
import { scorePruner } from '../../../lib/pruning/scores/score-pruner';
import { statsOf, weightTimesGradient } from '../../../lib/pruning/weight-statistics';
import { weightsOf } from '../../../lib/core/weights';
import { pruning } from '../../../trainers/callbacks/pruning';
import { scoreTraining } from '../../../trainers/callbacks/score-training';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { eagerEngine } from '../../../trainers/engines/eager';
import { train } from '../../../trainers/trainer';
import { slopeModel, slopeTraining } from '../toys';

beforeEach(() => tf.setBackend('cpu'));

const engines = [
  ['eager', eagerEngine({ backend: 'cpu' })],
  ['compiled', compiledEngine({ threads: 1 })],
] as const;

interface How {
  readonly sparsity?: number;
  readonly frequency?: number;
  readonly rateFactor?: number;
  readonly lambda?: number;
  readonly frozen?: boolean;
}

/** Trains w = (5, 3) and its scores from 0 with rate 1 on the gradients (1, 0), (0, 2), (3, 0), (0, 4). */
async function descend(engine: (typeof engines)[number][1], how: How) {
  const { sparsity = 0.5, frequency = 1, rateFactor = 1, lambda = 0, frozen = false } = how;
  const model = slopeModel();
  tf.tidy(() => model.setWeights([tf.tensor2d([[5], [3]])]));
  const scores = learnedScores(model, { targets: ['slope/kernel'], rateFactor, penalized: lambda > 0 });
  if (frozen) freeze(model, () => false);
  const schedule = constantSparsity({ finalSparsity: sparsity, endStep: 4, frequency });
  const callbacks = [
    pruning({ pruner: scorePruner({ scores, schedule }) }),
    scoreTraining({ scores, lambda, schedule }),
  ];
  try {
    const { losses } = await train(slopeTraining(model, { engine, callbacks, steps: 4 }));
    const { variable } = weightsOf(model)[0]!;
    return {
      losses,
      weights: [...variable.dataSync()],
      scores: [...scores.of('slope/kernel')],
      mask: [...maskOf(variable)!],
      kind: maskKindOf(variable),
    };
  } finally {
    scores.detach();
    model.dispose();
  }
}

describe.each(engines)('with the %s engine', (_, engine) => {
  it('what is kept learns, all scores learn by the weights as they are, and the masks are hard at the end', async () => {
    // M = (1, 0) at first, by ties; S = (−5, 0), (−5, −6); w = (4, 3), and (0, 2) does not reach the pruned one; M = (1, 0);
    // S = (−17, −6), w = (1, 3); S = (−17, −18), M = (1, 0)
    expect(await descend(engine, { frequency: 2 })).toEqual({
      losses: [5 * 1, 0 * 2, 4 * 3, 0 * 4],
      weights: [1, 0],
      scores: [-17, -18],
      mask: [1, 0],
      kind: 'hard',
    });
  });

  it('the mask follows the scores in every step, where masks are made in every step', async () => {
    // S = (−5, 0), (−5, −6), (−17, −6), (−17, −10); w = (4, 3), (4, 1), (1, 1), (1, −3)
    expect(await descend(engine, {})).toEqual({
      losses: [5, 3 * 2, 4 * 3, 1 * 4],
      weights: [0, -3],
      scores: [-17, -10],
      mask: [0, 1],
      kind: 'hard',
    });
  });

  it('weights that are frozen stay what they are but for zeros, and the scores learn', async () => {
    // S = (−5, 0), (−5, −6), (−20, −6), (−20, −18)
    expect(await descend(engine, { frozen: true, rateFactor: 0.5 })).toEqual({
      losses: [5, 3 * 2, 5 * 3, 3 * 4],
      weights: [0, 3],
      scores: [-10, -9],
      mask: [0, 1],
      kind: 'hard',
    });
  });

  it('a penalty pulls scores down where nothing else does', async () => {
    const { scores } = await descend(engine, { frozen: true, lambda: 0.8, frequency: 4 });
    // of two scores: 0.4 σ′(S), from 0 by steps of the rate; the first has gradients 5 and 15, the second 6 and 12
    const slopeAt = (s: number) => (1 / (1 + Math.exp(-s))) * (1 - 1 / (1 + Math.exp(-s)));
    const expected = [
      [5, 0, 15, 0],
      [0, 6, 0, 12],
    ].map((gradients) => gradients.reduce((s, gradient) => s - gradient - 0.4 * slopeAt(s), 0));
    expect(scores[0]).toBeCloseTo(expected[0]!, 5);
    expect(scores[1]).toBeCloseTo(expected[1]!, 5);
  });
});

it('the saliency `movement` is what the scores come to by plain descent with rate 1, as long as nothing is pruned', async () => {
  const { scores } = await descend(engines[0][1], { sparsity: 0 });
  const model = slopeModel();
  tf.tidy(() => model.setWeights([tf.tensor2d([[5], [3]])]));
  const seen = new Float32Array(2);
  const sum = {
    name: 'sum',
    onGradients: ({
      parameters,
    }: {
      parameters: { list: readonly { weights: Float32Array; gradient: Float32Array }[] };
    }) => {
      const { weights, gradient } = parameters.list[0]!;
      weightTimesGradient.add(seen, { weights, gradient, shape: [2, 1], count: 1 });
    },
  };
  await train(slopeTraining(model, { callbacks: [sum], steps: 4 }));
  const stats = statsOf('slope/kernel', new Map([[weightTimesGradient, seen]]));
  expect([...movement({ path: 'slope/kernel', shape: [2, 1], data: seen, stats })]).toEqual(scores);
  model.dispose();
});

it('refuses a penalty of scores that have none, and a lambda that is none', () => {
  const model = slopeModel();
  const scores = learnedScores(model, { targets: ['slope/kernel'] });
  const schedule = constantSparsity({ finalSparsity: 0.5, endStep: 4 });
  expect(() => scoreTraining({ scores, lambda: 1, schedule })).toThrow(UserError);
  expect(() => scoreTraining({ scores, lambda: 1, schedule })).toThrow('penalized: true');
  expect(() => scoreTraining({ scores, lambda: -1, schedule })).toThrow('at least 0, got -1');
  scores.detach();
  model.dispose();
});
