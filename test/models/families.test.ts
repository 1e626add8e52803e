import * as tf from '@tensorflow/tfjs';
import { Batch } from '../../datasets/batch';
import { forward } from '../../lib/forward/forward';
import { hostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { bert } from '../../lib/models/bert';
import { resolveBertConfig } from '../../lib/models/bert-config';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { FamilyName } from '../../lib/models/family';
import { EngineFactory } from '../../trainers/engine';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { softmaxCrossEntropy } from '../../trainers/losses';
import { parametersOf } from '../../trainers/parameters';
import { expectClose } from './compare';
import { tiny } from './family-cases';
import { batch, Formula, gelu, Place, reference, shake } from './reference';

const [counted, plain] = [
  [
    [2, 3, 4, 5],
    [2, 3, 4, 1],
  ],
  [
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ],
];
const types = [
  [0, 0, 1, 1],
  [0, 0, 0, 0],
];
const zeros = types.map((row) => row.map(() => 0));

/** Each family's formula, and the piece that fills its rows. */
const cases: [FamilyName, number, Pick<Formula, 'positions' | 'types' | 'activation'>][] = [
  ['bert', 0, { positions: plain, types, activation: (x) => x.tanh() }],
  ['distilbert', 0, { positions: plain, activation: (x) => x.relu() }],
  ['roberta', 1, { positions: counted, types: zeros, activation: (x) => x.tanh() }],
  ['electra', 0, { positions: plain, types, activation: gelu }],
];

const values = (x: tf.Tensor) => [...x.dataSync()];

/** Nearly everything is dropped; of these few numbers, all. */
const ALL = 1 - 1e-7;

/** Where transformers 5 drops, by the rate that says how much. */
const DROPS: Record<FamilyName, Record<'dropout' | 'attentionDropout' | 'classifierDropout', Place[]>> = {
  bert: {
    dropout: ['embeddings', 'attended', 'ffn'],
    attentionDropout: ['attention weights'],
    classifierDropout: ['classifier'],
  },
  distilbert: {
    dropout: ['embeddings', 'ffn'],
    attentionDropout: ['attention weights'],
    classifierDropout: ['classifier'],
  },
  roberta: {
    dropout: ['embeddings', 'attended', 'ffn'],
    attentionDropout: ['attention weights'],
    classifierDropout: ['pooler', 'classifier'],
  },
  electra: {
    dropout: ['embeddings', 'attended', 'ffn'],
    attentionDropout: ['attention weights'],
    classifierDropout: ['pooler', 'classifier'],
  },
};

/** Loss and gradients of a training step, dropout included. */
async function step(factory: EngineFactory, family: FamilyName, padId: number) {
  const model = bert(tiny(family));
  const parameters = parametersOf(model);
  const engine = await factory(model, parameters, softmaxCrossEntropy);
  const xs = batch(padId).map((x) => hostTensor(x.dataSync<'int32'>().slice(), x.shape));
  const data: Batch = { xs, ys: hostTensor(Int32Array.of(2, 0), [2]), size: 2 };
  const loss = await engine.gradients(data, { accumulate: false, clock: { seed: 7, tick: 1 } });
  const gradients = parameters.list.map(({ path, gradient }) => ({ path, gradient: gradient.slice() }));
  engine.dispose();
  parameters.dispose();
  return { loss, gradients };
}

describe.each(cases)('a %s', (family, padId, formula) => {
  it('equals its formula, and its gradients those of the formula', () => {
    const model = bert(tiny(family));
    shake(model);
    const weights = weightsOf(model);
    const xs = batch(padId);
    const byPath = new Map(weights.map(({ path, variable }): [string, tf.Tensor] => [path, variable]));
    const naive = () => reference(byPath, xs, { layers: 2, heads: 2, ...formula });
    expectClose(forward(model, xs, false), naive(), 1e-5);
    const loss = (f: () => tf.Tensor) => () => f().square().mean() as tf.Scalar;
    const actual = tf.variableGrads(loss(() => forward(model, xs, false))).grads;
    const expected = tf.variableGrads(loss(naive)).grads;
    expect(Object.keys(actual)).toHaveLength(weights.length);
    for (const { variable } of weights) expectClose(actual[variable.name]!, expected[variable.name]!, 1e-4);
  });

  it.each(['dropout', 'attentionDropout', 'classifierDropout'] as const)(
    'drops where transformers does: %s',
    (rate) => {
      const none = { dropout: 0, attentionDropout: 0, classifierDropout: 0 };
      const model = bert({ ...tiny(family), ...none, [rate]: ALL });
      shake(model);
      const byPath = new Map(
        weightsOf(model).map(({ path, variable }): [string, tf.Tensor] => [path, variable]),
      );
      const dropped = DROPS[family][rate];
      const xs = batch(padId);
      const expected = reference(byPath, xs, { layers: 2, heads: 2, ...formula, dropped });
      expectClose(forward(model, xs, true), expected, 1e-5);
    },
  );

  it('takes the same training step compiled and eager', async () => {
    const eager = await step(eagerEngine({ backend: 'cpu' }), family, padId);
    const compiled = await step(compiledEngine({ threads: 1 }), family, padId);
    expect(compiled.loss).toBeCloseTo(eager.loss, 5);
    const largest = Math.max(...eager.gradients.flatMap(({ gradient }) => [...gradient].map(Math.abs)));
    eager.gradients.forEach(({ path, gradient }, i) => {
      const other = compiled.gradients[i]!.gradient;
      const difference = Math.max(...gradient.map((value, j) => Math.abs(value - other[j]!)));
      expect([path, difference <= 1e-5 * largest]).toEqual([path, true]);
    });
  });

  it('comes back from JSON the same, and tells its configuration', async () => {
    const model = bert(tiny(family));
    const copy = await tf.models.modelFromJSON(
      JSON.parse(JSON.stringify(model.toJSON(null, false))) as never,
    );
    expect(copy.inputs).toHaveLength(3);
    expect(values(forward(copy, batch(padId), true))).toEqual(values(forward(model, batch(padId), true)));
    expect(bertConfigOf(copy)).toEqual(resolveBertConfig(tiny(family)));
  });

  it('has no more tokens than positions', () => {
    const long = [5, 1, 0].map((value) => tf.fill([1, 7], value, 'int32'));
    const model = bert(tiny(family));
    expect(
      forward(
        model,
        long.map((x) => x.slice([0, 0], [1, 6])),
        false,
      ).shape,
    ).toEqual([1, 3]);
    expect(() => forward(model, long, false)).toThrow('at most 6 tokens at layer "embeddings/p');
  });
});

describe('families', () => {
  it.each(['roberta', 'electra'] as const)('a %s drops before the head’s first layer too', (family) => {
    const rates = { dropout: 0, attentionDropout: 0, classifierDropout: 0.5 };
    const model = bert({ ...tiny(family), ...rates });
    expect(model.getLayer('pooler/dropout').getConfig()['rate']).toBe(0.5);
    expect(() => bert({ ...tiny('bert'), ...rates }).getLayer('pooler/dropout')).toThrow();
  });

  it('are known by name', () => {
    expect(() => bert({ ...tiny('bert'), family: 'gpt' as FamilyName })).toThrow(
      'Expected bert, distilbert, roberta, electra as family of a BERT, got "gpt".',
    );
    expect(() => bert({ ...tiny('distilbert'), typeVocabSize: 2 })).toThrow(
      'typeVocabSize 0 for a distilbert',
    );
  });
});
