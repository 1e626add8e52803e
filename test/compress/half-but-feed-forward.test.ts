import * as tf from '@tensorflow/tfjs';
import { calibrate, convert, halfButFeedForward, int4, mlp, prepare, report, weightOnly } from '../../index';
import { bert } from '../../lib/models/bert';
import { families, FamilyName } from '../../lib/models/family';
import { cases } from './models';
import { scopeEachTest } from '../scope';

scopeEachTest();

const size = { vocabSize: 20, layers: 2, hiddenSize: 8, heads: 2, maxPositions: 10, labels: 3, seed: 1 };

describe('halfButFeedForward', () => {
  test.each(Object.keys(families) as FamilyName[])(
    'of a %s: fp16, and 8 bits in feed-forward networks',
    (family) => {
      const prepared = prepare(bert({ ...size, family }), halfButFeedForward());
      const halves = [...prepared.weights].filter(([, { spec }]) => 'format' in spec).map(([path]) => path);
      const codes = [...prepared.weights.keys()].filter((path) => !halves.includes(path));
      expect(codes).toEqual(
        [0, 1].flatMap((i) => ['up', 'down'].map((part) => `encoder/${i}/ffn/${part}/kernel`)),
      );
      expect(halves).toEqual(
        expect.arrayContaining([
          'embeddings/token/embeddings',
          'embeddings/position/embeddings',
          'encoder/1/attention/query/kernel',
          'encoder/1/attention/output/kernel',
          'pooler/kernel',
          'classifier/kernel',
        ]),
      );
      expect([...prepared.inputs.keys()]).toEqual(codes.map((path) => path.replace('/kernel', '')));
      prepared.detach();
    },
  );

  test('takes the bytes that it says', async () => {
    const { model, inputs } = cases['a BERT']!();
    const prepared = prepare(model, halfButFeedForward());
    await calibrate(prepared, [inputs(1)]);
    const bytes = report(convert(prepared)).rows.map(({ path, parameters, bytes }) => [
      path,
      bytes / parameters,
    ]);
    expect(Object.fromEntries(bytes)).toMatchObject({
      'embeddings/token/embeddings': 2,
      'encoder/0/attention/query/kernel': 2,
      'encoder/0/ffn/up/kernel': 1 + 4 / 8, // a scale for each of its columns of 8
    });
    prepared.detach();
  });

  test('of other layers, in another scheme', () => {
    const model: tf.LayersModel = mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3 });
    const prepared = prepare(
      model,
      halfButFeedForward({ match: 'hidden/*', feedForward: weightOnly(int4()) }),
    );
    expect([...prepared.weights.values()].map(({ spec }) => spec.bits)).toEqual([4, 16]);
    prepared.detach();
  });

  test('refuses a model without such layers', () => {
    const model = mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3 });
    expect(() => prepare(model, halfButFeedForward())).toThrow('the nearest are');
  });
});
