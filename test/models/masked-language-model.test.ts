import * as tf from '@tensorflow/tfjs';
import { maskedLanguageSource, packLines } from '../../datasets/masked-language';
import { wordPiece } from '../../datasets/tokenizer/tokenizer';
import { UserError } from '../../lib/core/errors';
import { weightsOf } from '../../lib/core/weights';
import { bert } from '../../lib/models/bert';
import { pickPlaces } from '../../lib/models/layers/pick-places';
import { maskedLanguageModel } from '../../lib/models/masked-language-model';
import { mlp } from '../../lib/models/mlp';
import { EngineFactory } from '../../trainers/engine';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { hiddenWordsCrossEntropy } from '../../trainers/losses';
import { adamW } from '../../trainers/optimizer';
import { constantRate } from '../../trainers/schedules';
import { train } from '../../trainers/trainer';

beforeEach(() => tf.setBackend('cpu'));

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', 'c', 'd', '##e'];
const tokenizer = wordPiece(VOCABULARY);
/** Every word tells the next one. */
const LINES = Array.from({ length: 12 }, (_, i) => 'a b c de '.repeat(4).slice(2 * (i % 4)));

const classifier = (family?: 'electra') =>
  bert({
    family,
    vocabSize: VOCABULARY.length,
    ...{ layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 16 },
    ...(family && { embeddingSize: 8 }),
    ...{ dropout: 0, attentionDropout: 0, initializerRange: 0.2, seed: 1 },
  });

async function losses(
  engine: EngineFactory,
  steps: number,
  model: tf.LayersModel,
): Promise<readonly number[]> {
  const words = maskedLanguageModel(model);
  const data = maskedLanguageSource(packLines(LINES, tokenizer, 12), tokenizer, { batchSize: 4 });
  const rates = { optimizer: adamW(), learningRate: constantRate(0.01) };
  return (await train({ model: words, loss: hiddenWordsCrossEntropy, data, ...rates, steps, engine })).losses;
}

it('learns what stands between other words, and with it the encoder of the classifier', async () => {
  const model = classifier();
  const encoder = () => weightsOf(model).filter(({ path }) => /^(embeddings|encoder)/.test(path));
  const before = encoder().map(({ variable }) => variable.dataSync().slice());
  const curve = await losses(compiledEngine({ threads: 1 }), 150, model);
  expect(curve[0]).toBeGreaterThan(1.5);
  expect(curve.slice(-5).reduce((sum, loss) => sum + loss / 5, 0)).toBeLessThan(1.25); // guessing by frequency costs ln 5 = 1.61
  encoder().forEach(({ path, variable }, i) => {
    if (!/key\/bias|type/.test(path)) expect([path, variable.dataSync()]).not.toEqual([path, before[i]]);
  });
});

it.each([undefined, 'electra' as const])('is the same on both engines (family %s)', async (family) => {
  const compiled = await losses(compiledEngine({ threads: 2 }), 8, classifier(family));
  const eager = await losses(eagerEngine({ backend: 'cpu' }), 8, classifier(family));
  compiled.forEach((loss, i) => expect(loss).toBeCloseTo(eager[i]!, 4));
});

it('adds a head to the weights of the encoder, and no classifier', () => {
  const paths = weightsOf(maskedLanguageModel(classifier())).map(({ path }) => path);
  const head = [
    'words/dense/kernel',
    'words/dense/bias',
    'words/norm/gamma',
    'words/norm/beta',
    'words/decoder/bias',
  ];
  expect(paths.filter((path) => path.startsWith('words/'))).toEqual(head);
  expect(paths.filter((path) => /^(pooler|classifier)/.test(path))).toEqual([]);
});

it('refuses a model that is no BERT', () => {
  expect(() => maskedLanguageModel(mlp({ inputSize: 1, hiddenSizes: [], outputSize: 2 }))).toThrow(UserError);
});

it('picks the vectors at places', () => {
  const x = tf.tensor3d([
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ]);
  const picked = pickPlaces().apply([x, tf.tensor2d([[2, 0]], [1, 2], 'int32')]) as tf.Tensor;
  expect(picked.arraySync()).toEqual([
    [
      [5, 6],
      [1, 2],
    ],
  ]);
});

describe('hiddenWordsCrossEntropy', () => {
  const value = (logits: tf.Tensor, labels: number[]) =>
    hiddenWordsCrossEntropy(logits, tf.tensor2d([labels], undefined, 'int32')).dataSync()[0];

  it('averages over the slots that hold a word', () => {
    const logits = tf.tensor3d([
      [
        [0, 0],
        [0, Math.log(3)],
        [9, -9],
      ],
    ]);
    expect(value(logits, [0, 1, -1])).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 6);
  });

  it('is 0 where there is none', () => expect(value(tf.zeros([1, 1, 2]), [-1])).toBe(0));
});
