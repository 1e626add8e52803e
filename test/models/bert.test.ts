import * as tf from '@tensorflow/tfjs';
import { atClock } from '../../lib/core/clock';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { weightOnly } from '../../lib/compress/scheme';
import { forward } from '../../lib/forward/forward';
import { weightsOf } from '../../lib/core/weights';
import { bert, blankBert } from '../../lib/models/bert';
import { BertConfig, bertSizes, resolveBertConfig } from '../../lib/models/bert-config';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import type { Problem } from '../../lib/models/problem';
import { defaultTargets } from '../../lib/pruning/targets';
import { expectNoLeak } from '../leaks';
import { expectClose } from './compare';
import { batch } from './reference';

const small: BertConfig = {
  vocabSize: 11,
  layers: 2,
  hiddenSize: 8,
  heads: 2,
  maxPositions: 6,
  labels: 3,
  initializerRange: 0.5,
  seed: 1,
};

const values = (x: tf.Tensor) => [...x.dataSync()];
const allValues = (model: tf.LayersModel) => weightsOf(model).map(({ variable }) => values(variable));

describe('bert', () => {
  it('has the paths of the contract', () => {
    const layer = (i: number) => [
      ...[
        'attention/query',
        'attention/key',
        'attention/value',
        'attention/output',
        'ffn/up',
        'ffn/down',
      ].flatMap((name) => [`encoder/${i}/${name}/kernel`, `encoder/${i}/${name}/bias`]),
      ...['attention/norm', 'ffn/norm'].flatMap((name) => [
        `encoder/${i}/${name}/gamma`,
        `encoder/${i}/${name}/beta`,
      ]),
    ];
    const outside = ['token', 'position', 'type'].map((name) => `embeddings/${name}/embeddings`);
    const rest = [
      'embeddings/norm/gamma',
      'embeddings/norm/beta',
      'pooler/kernel',
      'pooler/bias',
      'classifier/kernel',
      'classifier/bias',
    ];
    const paths = weightsOf(bert(small)).map(({ path }) => path);
    expect(paths.sort()).toEqual([...outside, ...rest, ...layer(0), ...layer(1)].sort());
  });

  it('does not see padding', () => {
    const model = bert(small);
    const [ids, mask, types] = batch() as [tf.Tensor, tf.Tensor, tf.Tensor];
    const padding = tf.sub(1, mask).cast('int32');
    const other = forward(
      model,
      [ids.add(padding.mul(tf.scalar(8, 'int32'))), mask, types.add(padding)],
      false,
    );
    expect(values(other)).toEqual(values(forward(model, [ids, mask, types], false)));
    const short = batch().map((x) => x.slice([1, 0], [1, 3])); // the second example without its padding
    expectClose(forward(model, short, false), other.slice([1, 0], [1, 3]));
  });

  it('drops in training only, by the clock', () => {
    const model = bert({ ...small, dropout: 0.2, attentionDropout: 0.2 });
    const run = (training: boolean, tick = 0) =>
      atClock({ seed: 1, tick }, () => values(forward(model, batch(), training)));
    expect(run(false)).toEqual(
      values(forward(bert({ ...small, dropout: 0, attentionDropout: 0 }), batch(), true)),
    );
    const first = run(true);
    expect(first).not.toEqual(run(false));
    expect(run(true)).toEqual(first);
    expect(run(true, 1)).not.toEqual(first);
  });

  it.each([
    ['dropout', { dropout: 0.5, attentionDropout: 0, classifierDropout: 0 }],
    ['attentionDropout', { dropout: 0, attentionDropout: 0.5 }],
    ['classifierDropout', { dropout: 0, attentionDropout: 0, classifierDropout: 0.5 }],
  ])('has %s by itself', (_, rates) => {
    const model = bert({ ...small, ...rates });
    const trained = atClock({ seed: 1, tick: 0 }, () => values(forward(model, batch(), true)));
    expect(trained).not.toEqual(values(forward(model, batch(), false)));
  });

  it('takes heads and intermediate sizes per layer', () => {
    const model = bert({ ...small, heads: [2, 1], headSize: 4, intermediateSize: [5, 7] });
    const shapes = Object.fromEntries(weightsOf(model).map(({ path, variable }) => [path, variable.shape]));
    expect(shapes['encoder/1/attention/query/kernel']).toEqual([8, 4]);
    expect(shapes['encoder/1/attention/output/kernel']).toEqual([4, 8]);
    expect(shapes['encoder/0/ffn/up/kernel']).toEqual([8, 5]);
    expect(shapes['encoder/1/ffn/down/kernel']).toEqual([7, 8]);
    expect(forward(model, batch(), false).shape).toEqual([2, 3]);
  });

  it('has one output for a regression, unless it is of several numbers', () => {
    const one = bert({ ...small, labels: undefined, problem: 'regression' });
    expect(forward(one, batch(), false).shape).toEqual([2, 1]);
    expect(forward(bert({ ...small, problem: 'regression' }), batch(), false).shape).toEqual([2, 3]);
  });

  it.each<[Problem, number]>([
    ['single-label', 3],
    ['multi-label', 3],
    ['multi-label', 1],
    ['regression', 3],
    ['regression', 1],
  ])(
    'knows its problem, %s of %i, in JSON and converted too, and computes the same',
    async (problem, labels) => {
      const model = bert({ ...small, problem, labels });
      const json = JSON.parse(JSON.stringify(model.toJSON(null, false))) as never;
      const prepared = prepare(model, weightOnly());
      for (const one of [model, await tf.models.modelFromJSON(json), convert(prepared).model]) {
        expect(bertConfigOf(one)).toMatchObject({ problem, labels });
      }
      prepared.detach();
      const usual = bert({ ...small, labels, problem: labels === 1 ? 'regression' : 'single-label' });
      expect(values(forward(model, batch(), false))).toEqual(values(forward(usual, batch(), false)));
      expect(weightsOf(model).map(({ path }) => path)).toEqual(weightsOf(usual).map(({ path }) => path));
      expect(defaultTargets(model).map(({ path }) => path)).toEqual(
        defaultTargets(usual).map(({ path }) => path),
      );
    },
  );

  it('comes back from JSON the same', async () => {
    const model = bert({ ...small, heads: [2, 1], headSize: 4, dropout: 0.25, seed: 4 });
    const copy = await tf.models.modelFromJSON(
      JSON.parse(JSON.stringify(model.toJSON(null, false))) as never,
    );
    expect(weightsOf(copy).map(({ path }) => path)).toEqual(weightsOf(model).map(({ path }) => path));
    expect(values(forward(copy, batch(), false))).toEqual(values(forward(model, batch(), false)));
    expect(values(forward(copy, batch(), true))).toEqual(values(forward(model, batch(), true)));
  });

  it('starts from the same bits for the same seed', () => {
    expect(allValues(bert(small))).toEqual(allValues(bert(small)));
    const [one, other] = [bert(small), bert({ ...small, seed: 2 })].map((model) => weightsOf(model));
    for (const [i, { path, variable, rank }] of one!.entries()) {
      const same = values(variable).join() === values(other![i]!.variable).join();
      expect([path, same]).toEqual([path, rank === 1]); // biases and norms start at 0 and 1
    }
  });

  it('keeps a weight’s first value when the rest of the model changes', () => {
    const kernel = (model: tf.LayersModel) =>
      values(weightsOf(model).find(({ path }) => path === 'encoder/0/attention/query/kernel')!.variable);
    expect(kernel(bert({ ...small, layers: 1, labels: 2, vocabSize: 5 }))).toEqual(kernel(bert(small)));
  });

  it('can be made without first values', () => {
    const model = blankBert(small);
    expect(weightsOf(model).map(({ variable }) => variable.shape)).toEqual(
      weightsOf(bert(small)).map(({ variable }) => variable.shape),
    );
    expect(
      allValues(model)
        .flat()
        .every((value) => value === 0),
    ).toBe(true);
  });

  it('leaves no tensors behind, nor does disposing it', async () => {
    const model = bert({ ...small, dropout: 0.1 });
    const xs = batch();
    await expectNoLeak(() => forward(model, xs, true).dispose());
    await expectNoLeak(() =>
      tf.dispose(tf.variableGrads(() => forward(model, xs, true).square().mean() as tf.Scalar) as never),
    );
    await expectNoLeak(() => void bert(small).dispose());
  });

  it('tells its configuration', () => {
    const config = {
      ...small,
      heads: [2, 1],
      headSize: 4,
      dropout: 0.2,
      classifierDropout: 0.3,
      attentionDropout: 0.05,
    };
    expect(bertConfigOf(bert(config))).toEqual(resolveBertConfig(config));
    expect(bertConfigOf(bert({ ...small, problem: 'regression' })).problem).toBe('regression');
    const stranger = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
    expect(() => bertConfigOf(stranger)).toThrow('Expected a model built by bert()');
  });
});

describe('resolveBertConfig', () => {
  it.each<[Partial<BertConfig>, string]>([
    [{ heads: 3 }, 'heads 3 alone'],
    [{ heads: [2, 2] }, 'heads [2,2] alone'],
    [{ heads: [2], headSize: 4 }, 'Expected one number or 2 (one per layer) as heads'],
    [{ intermediateSize: [1, -1] }, 'intermediateSize of layer 1 of a BERT, got -1'],
    [{ vocabSize: 1.5 }, 'vocabSize'],
    [{ labels: 0, problem: 'regression' }, 'a whole number from 1 as labels of a BERT, got 0'],
    [
      { problem: 'ranking' as Problem },
      'Expected single-label, multi-label, regression as problem of a BERT, got "ranking"',
    ],
    [{ labels: 1 }, "set problem: 'regression'"],
  ])('refuses %j', (change, message) => {
    expect(() => resolveBertConfig({ ...small, ...change })).toThrow(message);
  });
});

test('bertSizes are those of the papers: parameters of an encoder without tables', () => {
  const millions = ({ layers, hiddenSize: h }: { layers: number; hiddenSize: number }) =>
    (12 * h * h * layers) / 1e6;
  expect(Object.entries(bertSizes).map(([name, size]) => [name, Math.round(millions(size))])).toEqual([
    ['tiny', 0],
    ['mini', 3],
    ['small', 13],
    ['medium', 25],
    ['base', 85],
    ['large', 302],
  ]);
  Object.values(bertSizes).forEach(({ hiddenSize, heads }) => expect(hiddenSize / heads).toBe(64));
});
