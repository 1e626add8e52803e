import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../../datasets/batch';
import { attach } from '../../../lib/core/attach';
import type { HostTensor } from '../../../lib/core/host-tensor';
import { weightsOf } from '../../../lib/core/weights';
import { forward } from '../../../lib/forward/forward';
import type { LabelledBatch } from '../../../lib/analysis/measures/gradients';
import { bert } from '../../../lib/models/bert';
import type { Importance } from '../../../lib/structure/importance';
import { logitFisher } from '../../../lib/structure/logit-fisher';
import { headsLeftOut } from '../../../lib/structure/scores/heads-left-out';
import { lossGradients, lossTaylor } from '../../../lib/structure/scores/loss-gradients';
import { softmaxCrossEntropy } from '../../../trainers/losses';
import { expectNoLeak } from '../../leaks';
import { tiny } from '../../models/family-cases';
import { shake } from '../../models/reference';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const [EXAMPLES, TIME] = [32, 6];
const model = (heads: readonly number[] = [4, 4]) => {
  const made = bert({ ...tiny('bert'), heads, headSize: 2 });
  shake(made);
  return made;
};

/** Texts of 3 to 6 tokens, and labels. */
function examples(): [tf.Tensor[], tf.Tensor] {
  const ids = tf.randomUniform([EXAMPLES, TIME], 1, 11, 'int32', 3);
  const lengths = tf.range(0, EXAMPLES, 1, 'int32').mod(tf.scalar(4, 'int32')).add(tf.scalar(3, 'int32'));
  const mask = tf.range(0, TIME, 1, 'int32').expandDims(0).less(lengths.expandDims(1)).toInt();
  return [
    [ids.mul(mask), mask, tf.zerosLike(ids)],
    ids.slice([0, 1], [EXAMPLES, 1]).reshape([-1]).mod(tf.scalar(3, 'int32')),
  ];
}

const options = (batchSize: number) => ({
  data: fromTensors(...examples(), { batchSize, shuffle: false }).epoch(0),
  loss: softmaxCrossEntropy,
});

const numbers = ({ heads, neurons }: Importance) =>
  [...heads, ...neurons].flatMap((each) => Array.from(each));

/** Spearman's. */
function rankCorrelation(a: number[], b: number[]): number {
  const ranks = (scores: number[]) => scores.map((score) => scores.filter((other) => other < score).length);
  const [x, y] = [ranks(a), ranks(b)];
  const squares = x!.reduce((sum, rank, i) => sum + (rank - y![i]!) ** 2, 0);
  return 1 - (6 * squares) / (a.length * (a.length ** 2 - 1));
}

describe.each([
  [
    'lossGradients',
    lossGradients,
    (slopes: number[]) => slopes.reduce((sum, x) => sum + Math.abs(x), 0) / EXAMPLES,
  ],
  ['lossTaylor', lossTaylor, (slopes: number[]) => slopes.reduce((sum, x) => sum + x * x, 0)],
] as const)('%s', (_, score, joined) => {
  it('is the same for batches of 1 and of 32', async () => {
    const subject = model();
    const [one, all] = [await score(subject, options(1)), await score(subject, options(32))];
    expect(numbers(one)).toHaveLength(8 + 24);
    numbers(all).forEach((value, i) => {
      expect(value).toBeGreaterThan(0);
      expect(numbers(one)[i]! / value).toBeCloseTo(1, 3);
    });
  });

  it('is that of finite differences of each example', async () => {
    const subject = model([4, 0]);
    const found = await score(subject, options(32));
    const [xs, ys] = examples();
    const losses = (layer: string, units: number, unit: number, factor: number): number[] => {
      const attachment = attach(subject.getLayer(layer), 'output', {
        revision: '',
        apply: (x) => {
          const share = x.shape.at(-1)! / units;
          const factors = Array.from({ length: x.shape.at(-1)! }, (__, i) =>
            Math.floor(i / share) === unit ? factor : 1,
          );
          return x.mul(tf.tensor1d(factors));
        },
        state: () => ({}),
        dispose: () => undefined,
      });
      const chosen = tf.oneHot(ys, 3).toFloat();
      const found = tf
        .logSoftmax(forward(subject, xs, false))
        .mul(chosen)
        .sum(-1)
        .neg();
      attachment.detach();
      return [...found.dataSync()];
    };
    for (const [scores, layer, units, unit] of [
      [found.heads[0]!, 'encoder/0/attention/core', 4, 2],
      [found.neurons[0]!, 'encoder/0/ffn/gelu', 12, 5],
      [found.neurons[1]!, 'encoder/1/ffn/gelu', 12, 0],
    ] as const) {
      const [more, less] = [1.01, 0.99].map((factor) => losses(layer, units, unit, factor));
      const slopes = more!.map((loss, i) => (loss - less![i]!) / 0.02);
      expect(scores[unit]! / joined(slopes)).toBeCloseTo(1, 1);
    }
    expect(found.heads[1]).toEqual([]);
  });

  it('leaves nothing behind, and needs data', async () => {
    const [subject, given] = [model(), options(32)];
    const data: LabelledBatch[] = [];
    for await (const batch of given.data) data.push(batch);
    await expectNoLeak(async () => void (await score(subject, { ...given, data })));
    await expect(score(subject, { ...given, data: [] })).rejects.toThrow('got none');
  });
});

describe('headsLeftOut', () => {
  const batchesOf = async (size: number): Promise<HostTensor[][]> => {
    const batches: HostTensor[][] = [];
    for await (const { xs } of options(size).data) batches.push(xs);
    return batches;
  };

  it('is the divergence of the answers without each head', async () => {
    const subject = model([2, 3]);
    const found = await headsLeftOut(subject, await batchesOf(10));
    expect([found.heads.map(({ length }) => length), found.neurons]).toEqual([
      [2, 3],
      [[], []],
    ]);
    const [xs] = examples();
    const whole = tf.logSoftmax(forward(subject, xs, false));
    const attachment = attach(subject.getLayer('encoder/1/attention/core'), 'output', {
      revision: '',
      apply: (x) => x.mul(tf.tensor1d([1, 1, 0, 0, 1, 1])),
      state: () => ({}),
      dispose: () => undefined,
    });
    const without = tf.logSoftmax(forward(subject, xs, false));
    attachment.detach();
    const [expected] = whole.exp().mul(whole.sub(without)).sum(-1).mean().dataSync();
    expect(found.heads[1]![1]).toBeCloseTo(expected!, 5);
  });

  it('ranks heads as gradients do, where each gives little', async () => {
    const subject = model();
    for (const { path, variable } of weightsOf(subject)) {
      if (path.endsWith('attention/output/kernel')) variable.assign(variable.mul(0.1));
    }
    const left = numbers(await headsLeftOut(subject, await batchesOf(32)));
    const [fisher, taylor, gradients] = [
      await logitFisher(subject, await batchesOf(32)),
      await lossTaylor(subject, options(32)),
      await lossGradients(subject, options(32)),
    ].map((importance) => rankCorrelation(left, numbers(importance).slice(0, 8)));
    for (const correlation of [fisher, taylor, gradients]) expect(correlation).toBeGreaterThan(0.85);
  });

  it('leaves nothing behind, is empty without heads and needs data', async () => {
    const [subject, batches] = [model(), await batchesOf(32)];
    await expectNoLeak(async () => void (await headsLeftOut(subject, batches)));
    expect((await headsLeftOut(model([0, 0]), batches)).heads).toEqual([[], []]);
    await expect(headsLeftOut(subject, [])).rejects.toThrow('got none');
  });
});
