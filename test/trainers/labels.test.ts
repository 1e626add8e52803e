import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../datasets/batch';
import { UserError } from '../../lib/core/errors';
import {
  bert,
  distillation,
  eagerEngine,
  evaluate,
  fit,
  hiddenWordsCrossEntropy,
  type Loss,
  meanSquaredError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  train,
} from '../../index';
import { scopeEachTest } from '../scope';
import { slopeTraining, weightValues } from './toys';

scopeEachTest();

const N = 6;

/** Six examples in batches of two, in order, whose fifth label is the given one. */
const dataOf = (label: number, dtype: 'int32' | 'float32' = 'float32') =>
  fromTensors(tf.ones([N, 2]), tf.tensor1d([1, 0, 1, 0, label, 1], dtype), { batchSize: 2, shuffle: false });

const linear = (units: number, activation?: 'softmax' | 'sigmoid'): tf.Sequential =>
  tf.sequential({ layers: [tf.layers.dense({ units, inputShape: [2], activation, name: 'end' })] });

const training = (loss: Loss, units: number, label: number) =>
  train({ ...slopeTraining(linear(units)), loss, data: dataOf(label), epochs: 1 });

const teacher = () => linear(2);
const CLASSES = 'class numbers from 0 to 1';
const cases: readonly [name: string, loss: () => Loss, units: number, expected: string, wrong: number[]][] = [
  ['softmaxCrossEntropy', () => softmaxCrossEntropy, 2, CLASSES, [-1, -100, 2, 0.5, NaN, Infinity]],
  ['distillation', () => distillation({ teacher: teacher() }), 2, CLASSES, [-1, 2, NaN]],
  ['sigmoidCrossEntropy', () => sigmoidCrossEntropy, 1, 'numbers from 0 to 1', [-1, 2, NaN]],
  ['meanSquaredError', () => meanSquaredError, 1, 'finite numbers', [NaN, -Infinity]],
];

describe.each(cases)('%s', (_, loss, units, expected, wrong) => {
  it.each(wrong)('refuses the label %d, before the step', async (label) => {
    const sentence = `Expected ${expected} as labels, got ${label} in row 0 of batch 2 of epoch 0`;
    const call = training(loss(), units, label);
    await expect(call).rejects.toThrow(UserError);
    await expect(call).rejects.toThrow(sentence);
  });

  it('refuses it in evaluation, of a training and of a model', async () => {
    const dev = dataOf(wrong[0]!);
    const model = linear(units);
    const options = { ...slopeTraining(model), loss: loss(), data: dataOf(0), epochs: 1 };
    await expect(train({ ...options, dev })).rejects.toThrow(`got ${wrong[0]} in row 0 of batch 2`);
    await expect(evaluate(model, dev, { loss: loss() })).rejects.toThrow(
      `got ${wrong[0]} in row 0 of batch 2`,
    );
  });
});

test('hidden words: a label below 0 is none, another is a piece of the vocabulary', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2, 1] })] });
  const data = (label: number) =>
    fromTensors(tf.ones([1, 2, 1]), tf.tensor2d([[label, 1]]), { batchSize: 1 });
  const options = { ...slopeTraining(model), loss: hiddenWordsCrossEntropy, epochs: 1 };
  await train({ ...options, data: data(-100) });
  await expect(train({ ...options, data: data(3) })).rejects.toThrow(
    'class numbers from 0 to 2, or below 0 for none as labels, got 3 in row 0',
  );
});

test('a loss of one’s own takes any label', async () => {
  const own: Loss = (predictions, labels) => predictions.squeeze().mul(labels).mean() as tf.Scalar;
  await train({ ...slopeTraining(linear(1)), loss: own, data: dataOf(-100), epochs: 1 });
});

describe('tfjs’s losses in fit', () => {
  const compiled = (loss: string, units: number, activation: 'softmax' | 'sigmoid') => {
    const model = linear(units, activation);
    model.compile({ optimizer: 'sgd', loss });
    return model;
  };
  const xs = () => tf.ones([3, 2]);

  it.each([-1, -100, 2, 0.5, NaN])('a class %d is refused with its row', async (label) => {
    const model = compiled('sparseCategoricalCrossentropy', 2, 'softmax');
    const call = fit(model, xs(), tf.tensor1d([0, 1, label]));
    await expect(call).rejects.toThrow(
      `Expected ${CLASSES} as labels, got ${label} in row 2 of ys for "end"`,
    );
  });

  it('classes from 1 are refused', async () => {
    const model = compiled('sparseCategoricalCrossentropy', 2, 'softmax');
    await expect(fit(model, xs(), tf.tensor1d([1, 2, 1], 'int32'))).rejects.toThrow('got 2 in row 1');
  });

  it('a share of 2 is refused, in validation too', async () => {
    const model = compiled('binaryCrossentropy', 1, 'sigmoid');
    const validationData = [xs(), tf.tensor1d([0, 2, 1])] as const;
    await expect(fit(model, ...validationData)).rejects.toThrow('from 0 to 1 as labels, got 2 in row 1');
    await expect(fit(model, xs(), tf.tensor1d([0, 1, 1]), { validationData })).rejects.toThrow(
      'got 2 in row 1 of validation ys for "end"',
    );
  });

  it.each(['sparseCategoricalCrossentropy', 'categoricalCrossentropy'])(
    '%s of one unit is refused',
    async (loss) => {
      const model = compiled(loss, 1, 'sigmoid');
      await expect(fit(model, xs(), tf.zeros([3, 1]))).rejects.toThrow(
        'use a sigmoid unit and binaryCrossentropy',
      );
    },
  );

  it('one sigmoid unit learns', async () => {
    const model = compiled('binaryCrossentropy', 1, 'sigmoid');
    model.optimizer = tf.train.adam(0.1);
    const inputs = tf.tensor2d([
      [1, 0],
      [0, 1],
      [1, 0.5],
      [0.5, 1],
    ]);
    const { history } = await fit(model, inputs, tf.tensor1d([1, 0, 1, 0], 'int32'), { epochs: 40 });
    expect(history['loss']!.at(-1)).toBeLessThan(0.2);
  });
});

describe('a model that ends in probabilities', () => {
  const end = (layer: tf.layers.Layer) =>
    tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [2] }), layer] });
  const wrapped = () =>
    tf.sequential({
      layers: [
        tf.layers.timeDistributed({
          layer: tf.layers.dense({ units: 2, activation: 'softmax' }),
          inputShape: [1, 2],
        } as never),
        tf.layers.flatten(),
      ],
    });
  it.each<[string, () => tf.LayersModel, string]>([
    ['a dense layer', () => linear(2, 'softmax'), 'softmax at its end ("end")'],
    ['a sigmoid', () => linear(2, 'sigmoid'), 'sigmoid at its end ("end")'],
    ['an activation', () => end(tf.layers.activation({ activation: 'softmax' })), 'softmax at its end'],
    ['a softmax layer', () => end(tf.layers.softmax()), 'softmax at its end'],
    ['a layer in a wrapper, and a reshape', wrapped, 'softmax at its end'],
  ])('%s: a loss of logits is refused', async (_, make, message) => {
    const losses: Loss[] = [softmaxCrossEntropy, sigmoidCrossEntropy, distillation({ teacher: teacher() })];
    for (const loss of losses) {
      const model = make();
      await expect(train({ ...slopeTraining(model), loss, epochs: 1 })).rejects.toThrow(message);
    }
  });

  it('is trained by a loss of one’s own, and softmax inside of a model is no end', async () => {
    const gate = tf.layers.dense({ units: 2, inputShape: [2], activation: 'softmax', name: 'gate' });
    const model = tf.sequential({ layers: [gate, tf.layers.dense({ units: 2 })] });
    const before = weightValues(model);
    await train({ ...slopeTraining(model), loss: softmaxCrossEntropy, data: dataOf(0), epochs: 1 });
    expect(weightValues(model)).not.toEqual(before);
    await train({
      ...slopeTraining(linear(1, 'sigmoid')),
      loss: meanSquaredError,
      data: dataOf(0),
      epochs: 1,
    });
  });

  it('softmax of one output is refused', async () => {
    await expect(training(softmaxCrossEntropy, 1, 0)).rejects.toThrow('for the model has one output');
    expect(() => softmaxCrossEntropy(tf.zeros([2, 1]), tf.zeros([2]))).toThrow(
      'two classes at least, got one output',
    );
  });
});

describe('ids', () => {
  const embedding = () => {
    const table = tf.layers.embedding({ inputDim: 5, outputDim: 2, inputLength: 2, name: 'table' });
    const model = tf.sequential({ layers: [table, tf.layers.flatten(), tf.layers.dense({ units: 1 })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return model;
  };
  const ids = (id: number) =>
    tf.tensor2d([
      [0, 4],
      [1, id],
    ]);

  it.each([5, -1, 0.5, NaN])('%d of a table of 5 rows is refused', async (id) => {
    const message = `Expected numbers from 0 to 4 in the input "table_input", the rows of "table", got ${id} in row 1 of`;
    const data = fromTensors(ids(id), tf.zeros([2]), { batchSize: 2, shuffle: false });
    const loss = meanSquaredError;
    await expect(train({ ...slopeTraining(embedding()), loss, data, epochs: 1 })).rejects.toThrow(
      `${message} batch 0`,
    );
    await expect(evaluate(embedding(), data, { loss })).rejects.toThrow(`${message} batch 0`);
    await expect(fit(embedding(), ids(id), tf.zeros([2]))).rejects.toThrow(`${message} xs`);
  });

  it('of pieces and types of a BERT, those outside are refused, with one type any is taken', async () => {
    const model = (typeVocabSize: number) =>
      bert({
        ...{
          vocabSize: 7,
          hiddenSize: 4,
          layers: 1,
          heads: 1,
          intermediateSize: 4,
          maxPositions: 4,
          typeVocabSize,
        },
        ...{ labels: 2 },
      } as never);
    const run = (piece: number, type: number, types = 2) => {
      const xs = [
        [2, piece],
        [1, 1],
        [0, type],
      ].map((row) => tf.tensor2d([row], [1, 2], 'int32'));
      const data = fromTensors(xs, tf.tensor1d([1], 'int32'), { batchSize: 1 });
      const engine = eagerEngine({ backend: 'cpu' });
      return train({ ...slopeTraining(model(types)), engine, loss: softmaxCrossEntropy, data, epochs: 1 });
    };
    await run(6, 1);
    await run(6, 7, 1);
    await expect(run(7, 1)).rejects.toThrow('from 0 to 6 in the input');
    await expect(run(6, 2)).rejects.toThrow('from 0 to 1 in the input');
    await expect(run(6, 2)).rejects.toThrow(
      'the rows of "embeddings/type", got 2 in row 0 of batch 0 of epoch 0',
    );
  });
});
