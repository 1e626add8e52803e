import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';

const { convert, int4, perGroup, prepare, report, staticInt8, weightOnly } = whittle;

beforeAll(() => tf.setBackend('cpu'));

describe('rules', () => {
  const bert = () =>
    whittle.bert({ vocabSize: 20, layers: 2, hiddenSize: 8, heads: 2, maxPositions: 10, labels: 3, seed: 1 });

  test('embeddings in one scheme, feed-forward networks in another, the classifier skipped; the rest is told', () => {
    const prepared = prepare(bert(), [
      { match: 'embeddings/*', use: weightOnly(int4(perGroup(1, 4))) },
      { match: 'encoder/*/ffn/**', use: weightOnly() },
      { match: 'classifier', use: 'skip' },
    ]);
    const bits = [...prepared.weights].map(([path, { spec }]) => `${path} ${spec.bits}`);
    expect(bits).toEqual([
      'embeddings/token/embeddings 4',
      'embeddings/position/embeddings 4',
      'embeddings/type/embeddings 4',
      ...[0, 1].flatMap((i) => [`encoder/${i}/ffn/up/kernel 7`, `encoder/${i}/ffn/down/kernel 7`]),
    ]);
    expect(prepared.skipped).toEqual(
      expect.arrayContaining([
        { path: 'classifier/kernel', why: 'a rule skips it' },
        { path: 'pooler/kernel', why: 'no rule matches it' },
        { path: 'encoder/0/ffn/up/input', why: 'its scheme has no input' },
      ]),
    );
    const { rows, skipped } = report(convert(prepared));
    expect(rows.filter(({ bits: stored }) => stored === 4)).toHaveLength(3);
    expect(skipped).toEqual(prepared.skipped);
    prepared.detach();
  });

  test('the last match wins', () => {
    const prepared = prepare(bert(), [
      { match: '**', use: 'skip' },
      { match: 'encoder/{0,1}/ffn/*', use: weightOnly() },
      { match: 'encoder/0/**', use: 'skip' },
    ]);
    expect([...prepared.weights.keys()]).toEqual(['encoder/1/ffn/up/kernel', 'encoder/1/ffn/down/kernel']);
    prepared.detach();
  });

  test.each<[string, unknown, string]>([
    [
      'one that matches nothing',
      [{ match: 'encoder/*/fnn/*', use: weightOnly() }],
      'the nearest are encoder/0/ffn/up',
    ],
    ['none', [], 'at least one rule, got an empty list'],
    ['no scheme', undefined, 'Expected a scheme to prepare "bert" with, got none'],
    [
      'rules that skip all',
      [{ match: '**', use: 'skip' }],
      'found nothing (embeddings/token/embeddings: a rule skips it',
    ],
    ['a scheme of nothing', {}, 'its scheme has no weight'],
  ])('refuses %s, and leaves the model as it was', (_, rules, problem) => {
    const model = bert();
    const revision = whittle.revisionOf(model);
    expect(() => prepare(model, rules as whittle.Rules)).toThrow(problem);
    expect(whittle.revisionOf(model)).toBe(revision);
    prepare(model, weightOnly()).detach(); // and it can be prepared
  });

  test('a layer that says nothing of itself is told, and the rest is quantized', () => {
    class Scale extends tf.layers.Layer {
      static className = 'ScaleOfOne';
      private factor!: tf.LayerVariable;
      override build(shape: tf.Shape): void {
        this.factor = this.addWeight('factor', [shape.at(-1)!, 2], 'float32', tf.initializers.ones());
        super.build(shape);
      }
      override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => tf.matMul(Array.isArray(x) ? x[0]! : x, this.factor.read()));
      }
      override computeOutputShape(): tf.Shape {
        return [null, 2];
      }
    }
    const model = tf.sequential({
      layers: [tf.layers.dense({ name: 'dense', units: 2, inputShape: [2] }), new Scale({ name: 'scale' })],
    });
    const prepared = prepare(model, weightOnly());
    expect([...prepared.weights.keys()]).toEqual(['dense/kernel']);
    expect(prepared.skipped).toContainEqual({
      path: 'scale/factor',
      why: 'ScaleOfOne does not say what this weight is to it',
    });
    expect(report(convert(prepared)).rows.map(({ bits }) => bits)).toEqual([7, 32, 32]);
    prepared.detach();
  });

  test('a prepare that fails half way leaves the model as it was', () => {
    const model = bert();
    const revision = whittle.revisionOf(model);
    let made = 0;
    const failing = () => {
      if (made++ === 2) throw new Error('no more observers');
      return whittle.minMax();
    };
    const variables = tf.memory().numTensors;
    expect(() => prepare(model, staticInt8({ input: failing }))).toThrow('no more observers');
    expect(whittle.revisionOf(model)).toBe(revision);
    expect(tf.memory().numTensors).toBe(variables);
    prepare(model, staticInt8()).detach();
  });

  test('one tensor has one range: query and key in two schemes are refused', () => {
    expect(() =>
      prepare(bert(), [
        { match: '**', use: staticInt8() },
        { match: 'encoder/0/attention/key', use: staticInt8() },
      ]),
    ).toThrow('Expected one scheme for encoder/0/attention/query/input and encoder/0/attention/key/input');
  });
});
