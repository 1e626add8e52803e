import * as tf from '@tensorflow/tfjs';
import { equalize } from '../../../lib/analysis/equalization/equalize';
import { DeclaresFacts, LayerFacts } from '../../../lib/core/facts';
import { scopeEachTest } from '../../scope';
import { answers, apply, chain, dense, expectSame, fromTo, input, Layer } from './models';
import { preNorm, randomized, relu, withGelu } from './models';

scopeEachTest();

describe('tells what it leaves', () => {
  /** Why the first of two dense layers is left, of which something is in between. */
  function reasonFor(...between: Layer[]): string {
    const model = chain(
      tf.layers.dense({ name: 'a', units: 4, inputShape: [6, 3] }),
      ...between,
      dense('b', 2, 'relu'),
      dense('c', 2),
    );
    const { pairs, skipped } = equalize(randomized(model));
    expect(pairs.map(fromTo)).toEqual([['b', 'c']]);
    expect(skipped).toContainEqual({ path: 'c', why: 'the model returns what it makes' });
    return skipped[0]!.why;
  }

  test.each<[string, () => Layer, string]>([
    [
      'relu6',
      () => tf.layers.reLU({ maxValue: 6, name: 'm' }),
      'relu up to 6, which "m" applies to it, is not scale-equivariant',
    ],
    ['elu', () => tf.layers.elu({ name: 'm' }), 'elu, which "m" applies to it, is not scale-equivariant'],
    [
      'sigmoid',
      () => tf.layers.activation({ activation: 'sigmoid', name: 'm' }),
      'sigmoid, which "m" applies to it, is not scale-equivariant',
    ],
    [
      'a permutation',
      () => tf.layers.permute({ dims: [2, 1], name: 'm' }),
      '"m" (Permute) reads it, and cannot take factors back',
    ],
    [
      'a reshape',
      () => tf.layers.reshape({ targetShape: [8, 3], name: 'm' }),
      '"m" (Reshape) reads it, and cannot take factors back',
    ],
    [
      'a batch norm',
      () => tf.layers.batchNormalization({ name: 'm', scale: false }),
      '"m" (BatchNormalization) reads it, and cannot take factors back',
    ],
    [
      'an LSTM',
      () => tf.layers.lstm({ units: 2, name: 'm', returnSequences: true }),
      '"m" (LSTM) reads it, and cannot take factors back',
    ],
    [
      'a wrapper',
      () => tf.layers.timeDistributed({ layer: dense('in', 2), name: 'm' }),
      '"m" (TimeDistributed) reads it, and cannot take factors back',
    ],
  ])('%s', (_, make, why) => expect(reasonFor(make())).toBe(why));

  test('an activation of its own', () => {
    const model = randomized(chain(relu('a', 3, 2), dense('b', 3, 'tanh'), dense('c', 2)));
    expect(equalize(model).skipped[0]).toEqual({
      path: 'b',
      why: 'tanh, its activation, is not scale-equivariant',
    });
  });

  test('gelu', () => {
    expect(equalize(withGelu()).skipped).toContainEqual({
      path: 'up',
      why: 'gelu, which "gelu" applies to it, is not scale-equivariant',
    });
  });

  test('a reader of other layers’ outputs, and channels that come first', () => {
    const [a, b] = [input(3), input(3)];
    const reader = dense('reader', 2);
    const ends = [apply(reader, apply(dense('p'), a)), apply(reader, apply(dense('q'), b))];
    const inside = apply(dense('end', 2), apply(dense('start', 4, 'relu'), apply(tf.layers.add(), ...ends)));
    expect(equalize(randomized(tf.model({ inputs: [a, b], outputs: inside }))).skipped.slice(0, 2)).toEqual([
      { path: 'p', why: '"reader" reads what other layers make, too' },
      { path: 'q', why: '"reader" reads what other layers make, too' },
    ]);
    const first = tf.layers.conv2d({
      name: 'conv',
      filters: 2,
      kernelSize: 2,
      dataFormat: 'channelsFirst',
      inputShape: [3, 4, 4],
    });
    const model = chain(first, tf.layers.flatten(), dense('x', 3, 'relu'), dense('y', 2));
    expect(equalize(model).skipped[0]).toEqual({
      path: 'conv',
      why: 'Conv2D does not say how its channels can be scaled',
    });
  });

  test('queries whose keys go elsewhere', () => {
    const model = preNorm();
    const core = model.getLayer('core').input as tf.SymbolicTensor[];
    const sum = tf.layers.add({ name: 'sum' });
    const outputs = apply(sum, model.outputs[0]!, core[1]!);
    expect(equalize(tf.model({ inputs: model.inputs, outputs })).skipped.slice(0, 2)).toEqual([
      {
        path: 'query',
        why: 'it is multiplied with what "key" makes, and of that "sum" adds it to something else',
      },
      { path: 'key', why: '"sum" adds it to something else' },
    ]);
  });
});

/** A user's own layer, between others: `2 · x`. */
class Own extends tf.layers.Layer {
  static readonly className: string = 'Own';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return [inputs].flat()[0]!.mul(2);
  }
}

class Carrying extends Own implements DeclaresFacts {
  static override readonly className = 'Carrying';
  readonly facts: LayerFacts = { scaling: { carries: 0 } };
}

/** Reads the kernel of another layer, as a tied decoder does a table. */
class Borrowing extends Own implements DeclaresFacts {
  static override readonly className = 'Borrowing';
  constructor(private readonly lender: Layer) {
    super({ name: 'borrower' });
  }
  get facts(): LayerFacts {
    return { borrows: [this.lender.weights[0]!] };
  }
}

describe('a layer of one’s own', () => {
  const around = (own: Layer) =>
    randomized(chain(relu('a', 4, 3), own, dense('b', 4, 'relu'), dense('c', 2)));

  test('is the end of a way, and told', () => {
    const { pairs, skipped } = equalize(around(new Own({ name: 'own' })));
    expect(pairs.map(fromTo)).toEqual([['b', 'c']]);
    expect(skipped[0]).toEqual({ path: 'a', why: '"own" (Own) reads it, and cannot take factors back' });
  });

  test('says that it carries factors', () => {
    const model = around(new Carrying({ name: 'own' }));
    const before = answers(model);
    expect(equalize(model).pairs.map(fromTo)).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    expectSame(answers(model), before);
  });

  test('that computes with the weights of another keeps them as they are', () => {
    const x = input(3);
    const [a, b] = [dense('a', 4, 'relu'), dense('b', 2)];
    const ends = [apply(b, apply(a, x)), apply(dense('d', 2), apply(dense('c', 4, 'relu'), x))];
    const model = tf.model({ inputs: x, outputs: apply(new Borrowing(a), apply(tf.layers.add(), ...ends)) });
    const { pairs, skipped } = equalize(randomized(model));
    expect(pairs.map(fromTo)).toEqual([['c', 'd']]);
    expect(skipped).toContainEqual({ path: 'a', why: '"borrower" computes with its weights, too' });
  });
});
