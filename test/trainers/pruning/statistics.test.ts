import * as tf from '@tensorflow/tfjs';
import { BatchSource, fromTensors } from '../../../datasets/batch';
import { masksOf } from '../../../lib/pruning/model-masks';
import { pruner } from '../../../lib/pruning/pruner';
import { absoluteProducts, accumulatedTaylor } from '../../../lib/pruning/saliencies/accumulated-taylor';
import { blockFisher } from '../../../lib/pruning/saliencies/block-fisher';
import { wanda } from '../../../lib/pruning/saliencies/wanda';
import { Saliency, ScoredWeight, taylor } from '../../../lib/pruning/saliency';
import { constantSparsity, oneShot } from '../../../lib/pruning/schedule';
import { WeightStatistic, weightTimesGradient } from '../../../lib/pruning/weight-statistics';
import { pruning } from '../../../trainers/callbacks/pruning';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { eagerEngine } from '../../../trainers/engines/eager';
import { train, TrainOptions } from '../../../trainers/trainer';
import type { ScoringOptions } from '../../../trainers/pruning/scoring-pass';
import { expectNoLeak } from '../../leaks';
import { fourRows, slopeModel, slopeTraining, weightValues } from '../toys';

beforeEach(() => tf.setBackend('cpu'));

/** A saliency that keeps what it is told, and the weights at that moment. */
function spy(...needs: WeightStatistic[]) {
  const seen: { weights: number[]; stats: number[][] }[] = [];
  const saliency = Object.assign(
    ({ data, stats }: ScoredWeight) => {
      seen.push({ weights: [...data], stats: needs.map((need) => [...stats(need)]) });
      return Float32Array.from(data, Math.abs);
    },
    { needs },
  );
  return { saliency, seen };
}

/** Trains w = (5, 3) with the gradients (1, 0), (0, 2), (3, 0), (0, 4); masks are made after steps 2 and 4, and prune nothing. */
async function descend(
  saliency: Saliency,
  { scoring, ...more }: Partial<TrainOptions> & { scoring?: ScoringOptions } = {},
): Promise<number[]> {
  const model = slopeModel();
  tf.tidy(() => model.setWeights([tf.tensor2d([[5], [3]])]));
  const schedule = constantSparsity({ finalSparsity: 0.1, beginStep: 2, endStep: 4, frequency: 2 });
  const callback = pruning({ pruner: pruner({ schedule, saliency, targets: ['slope/kernel'] }), scoring });
  try {
    await train(slopeTraining(model, { steps: 4, callbacks: [callback], ...more }));
    return weightValues(model);
  } finally {
    model.dispose();
  }
}

describe.each([
  ['eager', eagerEngine({ backend: 'cpu' })],
  ['compiled', compiledEngine({ threads: 1 })],
])('statistics of gradients, %s', (_, engine) => {
  it('are summed over the steps since the last update, with the weights of each step', async () => {
    const { saliency, seen } = spy(weightTimesGradient, absoluteProducts);
    expect(await descend(saliency, { engine })).toEqual([1, -3]);
    expect(seen).toEqual([
      {
        weights: [4, 1],
        stats: [
          [5 * 1, 3 * 2],
          [5, 6],
        ],
      },
      {
        weights: [1, -3],
        stats: [
          [4 * 3, 1 * 4],
          [12, 4],
        ],
      },
    ]);
  });

  it('are those of the mean loss where a step has several batches', async () => {
    const { saliency, seen } = spy(weightTimesGradient);
    await descend(saliency, { engine, accumulation: 2 }); // (0.5, 1), (1.5, 2), and again
    expect(seen[0]!.stats).toEqual([[5 * 0.5 + 4.5 * 1.5, 3 * 1 + 2 * 2]]);
  });

  it('are of the weights as they are in a scoring pass, where every example counts once', async () => {
    for (const batchSize of [1, 3, 4]) {
      const { saliency, seen } = spy(weightTimesGradient);
      const weights = await descend(saliency, { engine, scoring: { data: fourRows(batchSize) } });
      expect(weights).toEqual([1, -3]); // which does not train
      const stats = seen.map((each) => each.stats.flat().map((value) => Math.round(1e5 * value) / 1e5));
      expect(stats).toEqual([
        [4 * 4, 1 * 6],
        [1 * 4, -3 * 6],
      ]);
    }
    const { saliency, seen } = spy(absoluteProducts);
    await descend(saliency, { engine, scoring: { data: fourRows(), batches: 2 } });
    expect(seen.map(({ stats }) => stats.flat())).toEqual([
      [4 * 1, 1 * 2],
      [1 * 1, 3 * 2],
    ]);
  });
});

it('are found in a scoring pass before the first step, too', async () => {
  const model = slopeModel();
  tf.tidy(() => model.setWeights([tf.tensor2d([[3], [1]])]));
  const by = pruner({
    schedule: oneShot({ finalSparsity: 0.5 }),
    saliency: taylor,
    targets: ['slope/kernel'],
  });
  const callbacks = [pruning({ pruner: by, scoring: { data: fourRows() } })];
  await train(slopeTraining(model, { steps: 1, callbacks }));
  expect(weightValues(model)).toEqual([2, 0]); // |w · g| = 12, 6
  model.dispose();
});

/** Two inputs of very different size. */
function wideData(): BatchSource {
  const xs = [
    [0.1, 5, 1],
    [0.2, -4, 2],
    [-0.1, 3, 0],
    [0.1, 6, -1],
    [0, -5, 1],
  ];
  const [inputs, labels] = [tf.tensor2d(xs), tf.zeros([5, 1])];
  const source = fromTensors(inputs, labels, { batchSize: 2, shuffle: false });
  tf.dispose([inputs, labels]);
  return source;
}

async function wandaMask(scoring: ScoringOptions) {
  const dense = (name: string, units: number) =>
    tf.layers.dense({ name, units, useBias: false, inputShape: [3] });
  const model = tf.sequential({ layers: [dense('hidden', 2), dense('classifier', 1)] });
  tf.tidy(() => model.setWeights([tf.tensor2d([9, -8, 0.5, 0.3, -2, 1], [3, 2]), tf.tensor2d([[1], [1]])]));
  const by = pruner({ schedule: oneShot({ finalSparsity: 0.5 }), saliency: wanda });
  const callbacks = [pruning({ pruner: by, scoring })];
  await train(slopeTraining(model, { data: wideData(), steps: 0, callbacks }));
  const mask = [...masksOf(model).get('hidden/kernel')!];
  model.dispose();
  return mask;
}

it('of inputs are gathered in a pass of inference: Wanda', async () => {
  // numpy: abs(w) * sqrt((x ** 2).sum(0))[:, None] = [[2.38, 2.12], [5.27, 3.16], [5.29, 2.65]]; the lowest of each output, then the next
  expect(await wandaMask({ data: wideData() })).toEqual([0, 0, 1, 1, 1, 0]);
  // of the first two rows: [[2.01, 1.79], [3.20, 1.92], [4.47, 2.24]]
  expect(await wandaMask({ data: wideData(), batches: 1 })).toEqual([0, 0, 1, 0, 1, 1]);
  // of a sample's first batch, the last row: [[0, 0], [2.5, 1.5], [2, 1]]
  const source = wideData();
  const sampled = { ...source, sample: () => source.epoch(0, 2) };
  expect(await wandaMask({ data: sampled, batches: 1 })).toEqual([0, 0, 1, 1, 1, 0]);
  // of the rows whose last input is above 0, the first, second and fifth: [[2.01, 1.79], [4.06, 2.44], [4.90, 2.45]]
  const rows: ScoringOptions['rows'] = (_, x) => x.slice([0, 2], [-1, 1]).greater(0).squeeze([1]);
  expect(await wandaMask({ data: wideData(), rows })).toEqual([0, 0, 1, 0, 1, 1]);
});

it('of inputs are refused where they are not what a weight is multiplied with', async () => {
  const lstm = tf.layers.lstm({ units: 3, inputShape: [4, 3], name: 'lstm' });
  const model = tf.sequential({ layers: [lstm, tf.layers.dense({ units: 1 })] });
  const by = pruner({ schedule: oneShot({ finalSparsity: 0.5 }), saliency: wanda });
  const callbacks = [pruning({ pruner: by, scoring: { data: wideData() } })];
  await expect(train(slopeTraining(model, { steps: 1, callbacks }))).rejects.toThrow(
    'Expected kernels of dense layers and convolutions to gather inputs of, got "lstm/kernel"',
  );
  model.dispose();
});

it('may be larger than their weight', async () => {
  const statistic = blockFisher({ blockSize: 2 }).needs![0]!;
  const { saliency, seen } = spy(statistic);
  await descend(saliency);
  // g gᵀ of (1, 0) and (0, 2), then of (3, 0) and (0, 4): lower triangles
  expect(seen.map(({ stats }) => stats)).toEqual([[[1, 0, 4]], [[9, 0, 16]]]);
});

it('leave no tensors behind', async () => {
  await expectNoLeak(async () => {
    await descend(accumulatedTaylor);
    await descend(accumulatedTaylor, { scoring: { data: fourRows(2) } });
    await wandaMask({ data: wideData() });
  });
});

describe('what cannot be gathered', () => {
  const by = (saliency: Saliency, beginStep = 0) =>
    pruner({ schedule: oneShot({ finalSparsity: 0.5, beginStep }), saliency, targets: ['slope/kernel'] });

  it.each([0, 3])('is refused before training begins: gradients at its first step, %d', async (step) => {
    const model = slopeModel();
    const callbacks = [pruning({ pruner: by(taylor, step) })];
    await expect(train(slopeTraining(model, { startStep: step, steps: 4, callbacks }))).rejects.toThrow(
      `needs "weight times gradient", but the schedule prunes at step ${step}, where the training starts and there are no gradients ` +
        `yet; begin at step ${step + 1} or later`,
    );
    expect(masksOf(model).size).toBe(0);
    model.dispose();
  });

  it.each<[string, Saliency, ScoringOptions | undefined, string]>([
    ['inputs without a pass', wanda, undefined, 'Expected a scoring pass for "squared inputs"'],
    ['nothing in a pass', () => new Float32Array(2), { data: fourRows() }, 'leave scoring out'],
    ['in no batches', wanda, { data: fourRows(), batches: 0 }, 'from 1 to the 4 batches of the data, got 0'],
    ['in more batches than there are', wanda, { data: fourRows(), batches: 5 }, 'got 5'],
  ])('is refused: %s', (_, saliency, scoring, message) => {
    expect(() => pruning({ pruner: by(saliency), scoring })).toThrow(message);
  });

  it('is refused: two statistics of one name', () => {
    const { saliency } = spy(absoluteProducts, { ...absoluteProducts });
    expect(() => pruning({ pruner: by(saliency) })).toThrow('got two named "absolute products"');
  });
});
