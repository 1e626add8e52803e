import * as tf from '@tensorflow/tfjs';
import { calibrate } from '../../lib/compress/calibrate';
import { cloneModel } from '../../lib/compress/clone';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';
import { attach, attachmentsOf, Transform } from '../../lib/core/attach';
import type { DeclaresFacts } from '../../lib/core/facts';
import { forward } from '../../lib/forward/forward';
import { revisionOf } from '../../lib/core/revision';
import { weightsOf } from '../../lib/core/weights';
import { bert } from '../../lib/models/bert';
import { maskedLanguageModel } from '../../lib/models/masked-language-model';
import { quantization } from '../../trainers/callbacks/quantization';
import { fakeTraining } from '../trainers/fake-training';
import { expectNoLeak } from '../leaks';

beforeAll(() => tf.setBackend('cpu'));

const outputs = (model: tf.LayersModel, xs: tf.Tensor[]) => [...forward(model, xs, false).dataSync()];

/** Multiplies by a number that its constructor is given. */
class Times extends tf.layers.Layer {
  static className = 'Times';
  constructor(readonly options: { readonly name: string; readonly factor: number }) {
    super({ name: options.name });
  }
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => (Array.isArray(x) ? x[0]! : x).mul(this.options.factor ?? 1));
  }
}

/** The same, made again as it was; it is not registered with tfjs. */
class KeptTimes extends Times {
  static override className = 'KeptTimes';
  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options };
  }
}

const withLayer = (layer: tf.layers.Layer) =>
  tf.sequential({ layers: [tf.layers.dense({ name: 'dense', units: 2, inputShape: [2] }), layer] });

const doubling = (more: Partial<Transform> = {}): Transform => ({
  revision: 'doubling',
  apply: (value) => value.mul(2),
  state: () => ({}),
  dispose: () => undefined,
  ...more,
});

describe('what could not be converted is refused before it is trained', () => {
  test('a layer whose config forgets a setting', () => {
    const model = withLayer(new Times({ name: 'thrice', factor: 3 }));
    const revision = revisionOf(model);
    expect(() => prepare(model, weightOnly())).toThrow(
      /"thrice" \(Times\) "options" is \{"name":"thrice","factor":3\} and would become .*give its class a getConfig/,
    );
    expect(revisionOf(model)).toBe(revision);
  });

  test('a layer whose config it cannot be made of', () => {
    class Strict extends KeptTimes {
      constructor(options: { readonly name: string; readonly factor: number }) {
        super(options);
        if (options.factor > 2) throw new Error('too large');
      }
      override getConfig() {
        return { ...super.getConfig(), factor: 3 };
      }
    }
    expect(() => prepare(withLayer(new Strict({ name: 'strict', factor: 2 })), weightOnly())).toThrow(
      '"strict" (KeptTimes) making it again failed: too large',
    );
  });

  test.each([
    ['kernel', 'kernel" of layer "dense" has neither'],
    ['input', 'input" of layer "dense" is no weight’s'],
    ['output', 'output" of layer "dense" is no weight’s'],
  ])('another transform attached to its %s', (target, problem) => {
    const model = withLayer(new KeptTimes({ name: 'times', factor: 3 }));
    const attachment = attach(model.layers[0]!, target, doubling());
    expect(() => prepare(model, weightOnly())).toThrow(problem);
    attachment.detach();
    const prepared = prepare(model, weightOnly());
    attach(model.layers[0]!, target, doubling());
    const { onTrainBegin } = quantization({ prepared, freezeObserversAt: 1 });
    expect(() => onTrainBegin!(fakeTraining().at(0))).toThrow(problem);
    expect(() => convert(prepared)).toThrow(problem);
    prepared.detach();
  });
});

describe('what can be is baked in', () => {
  test('an unregistered layer that its config makes again', () => {
    const model = withLayer(new KeptTimes({ name: 'times', factor: 3 }));
    const prepared = prepare(model, weightOnly());
    const x = tf.tensor2d([[1, -2]]);
    expect(outputs(convert(prepared).model, [x])).toEqual(outputs(model, [x]));
    prepared.detach();
  });

  test('another transform that says what becomes of the weight, before the codes', () => {
    const model = withLayer(new KeptTimes({ name: 'times', factor: 3 }));
    attach(model.layers[0]!, 'kernel', doubling({ bake: ({ data }) => data.map((value) => 2 * value) }));
    const prepared = prepare(model, weightOnly());
    const x = tf.tensor2d([[1, -2]]);
    const { model: converted, weights } = convert(prepared);
    expect(outputs(converted, [x])).toEqual(outputs(model, [x]));
    expect(attachmentsOf(converted)).toEqual([]);
    const largest = Math.max(...weightsOf(model)[0]!.variable.dataSync().map(Math.abs));
    expect(Math.max(...weights.get('dense/kernel')!.scales)).toBeCloseTo((2 * largest) / 63, 6);
    prepared.detach();
  });

  test('not one after the codes', () => {
    const model = withLayer(new KeptTimes({ name: 'times', factor: 3 }));
    const prepared = prepare(model, weightOnly());
    attach(model.layers[0]!, 'kernel', doubling({ bake: ({ data }) => data }));
    expect(() => convert(prepared)).toThrow('makes codes of "dense/kernel" to be the last');
    prepared.detach();
  });

  test('a masked language model: its tied table is one weight, of the same codes in lookup and decoder', async () => {
    const words = maskedLanguageModel(
      bert({ vocabSize: 20, layers: 1, hiddenSize: 8, heads: 2, maxPositions: 6, initializerRange: 0.5 }),
    );
    const int = (row: number[]) => tf.tensor2d([row], undefined, 'int32');
    const xs = [int([2, 5, 7, 3]), int([1, 1, 1, 1]), int([0, 0, 0, 0]), int([1, 2])];
    const prepared = prepare(words, staticInt8());
    await calibrate(prepared, [xs]);
    const before = outputs(words, xs);
    const { model, weights } = convert(prepared);
    expect(outputs(model, xs)).toEqual(before);
    expect(weights.has('embeddings/token/embeddings')).toBe(true);
    // the decoder computes with the table's codes: a hidden state of 1, 0, 0, … gives the table's first column
    const paths = weightsOf(model).map(({ path }) => path);
    expect(paths.filter((path) => path.endsWith('token/embeddings'))).toHaveLength(1);
    const table = weightsOf(model).find(({ path }) => path === 'embeddings/token/embeddings')!;
    tf.tidy(() => table.variable.assign(tf.zerosLike(table.variable)));
    const bias = weightsOf(model)
      .find(({ path }) => path === 'words/decoder/bias')!
      .variable.dataSync();
    expect(outputs(model, xs)).toEqual([...bias, ...bias]); // both of them read it
    prepared.detach();
  });

  test('a decoder that is tied to a table computes with its codes in training, too', () => {
    const words = maskedLanguageModel(
      bert({ vocabSize: 20, layers: 1, hiddenSize: 8, heads: 2, maxPositions: 6, initializerRange: 0.5 }),
    );
    const prepared = prepare(words, weightOnly());
    const places = prepared.attachments.map(({ layer, target }) => `${layer.name}: ${target}`);
    expect(places).toContain('words/decoder: embeddings');
    prepared.detach();
  });
});

describe('cloneModel', () => {
  test('inserts a layer in front of layers of nested models and of the model in a wrapper', () => {
    const inner = tf.sequential({
      name: 'inner',
      layers: [tf.layers.dense({ name: 'in', units: 3, inputShape: [2] })],
    });
    const model = tf.sequential({
      layers: [
        tf.layers.timeDistributed({ name: 'each', layer: inner, inputShape: [4, 2] }),
        tf.layers.dense({ name: 'out', units: 1 }),
      ],
    });
    const { model: clone } = cloneModel(model, {
      before: ({ name }) =>
        ['in', 'out'].includes(name) ? new KeptTimes({ name: `${name}/2`, factor: 2 }) : undefined,
    });
    weightsOf(model).forEach(({ variable }, i) => weightsOf(clone)[i]!.variable.assign(variable.clone()));
    const x = tf.randomNormal([2, 4, 2], 0, 1, 'float32', 1);
    const [before, after] = [outputs(model, [x]), outputs(clone, [x])];
    after.forEach((value, i) => expect(value).toBeCloseTo(4 * before[i]!, 5));
  });

  test('a layer of two inputs keeps their order, one applied twice its places, and its facts come again', () => {
    class Minus extends tf.layers.Layer implements DeclaresFacts {
      static className = 'Minus';
      readonly facts = { passes: 'sum' } as const;
      override computeOutputShape(shapes: tf.Shape | tf.Shape[]): tf.Shape {
        return (shapes as tf.Shape[])[0]!;
      }
      override call(xs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => tf.sub((xs as tf.Tensor[])[0]!, (xs as tf.Tensor[])[1]!));
      }
    }
    const [a, b] = [tf.input({ shape: [2], name: 'a' }), tf.input({ shape: [2], name: 'b' })];
    const minus = new Minus({ name: 'minus' });
    const first = minus.apply([a, b]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [b, a], outputs: minus.apply([b, first]) as tf.SymbolicTensor });
    const xs = [tf.tensor2d([[1, 2]]), tf.tensor2d([[10, 20]])];
    expect(outputs(cloneModel(model).model, xs)).toEqual([-8, -16]); // b - (a - b) = 2 b - a
    expect(outputs(model, xs)).toEqual([-8, -16]);
  });

  test('a layer of tfjs keeps a setting that its config forgets, in a wrapper too', () => {
    const separable = () => tf.layers.separableConv2d({ filters: 2, kernelSize: 2, depthMultiplier: 3 });
    const inWrapper = tf.layers.timeDistributed({ layer: separable(), inputShape: [2, 3, 3, 2] });
    const bare = tf.layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [3, 3, 2] });
    for (const layers of [[inWrapper], [bare, separable()]]) {
      const model = tf.sequential({ layers });
      const shapes = ({ weights }: tf.LayersModel) => weights.map(({ shape }) => shape);
      expect(shapes(cloneModel(model).model)).toEqual(shapes(model));
    }
  });

  test('a layer in a wrapper that its config does not make again is refused', () => {
    const dense = tf.layers.dense({ units: 2 });
    const model = tf.sequential({
      layers: [tf.layers.timeDistributed({ layer: dense, inputShape: [2, 3] })],
    });
    (dense as unknown as Record<string, unknown>)['factor'] = 3;
    expect(() => cloneModel(model)).toThrow('"factor" is 3 and would become undefined');
  });

  test('a recurrent layer starts from the state that it is given', () => {
    const x = tf.input({ shape: [4, 3] });
    const options = { units: 2, returnState: true, returnSequences: true };
    const [y, ...initialState] = tf.layers.lstm(options).apply(x) as [tf.SymbolicTensor];
    const last = tf.layers.lstm({ units: 2 }).apply(y, { initialState } as never) as tf.SymbolicTensor;
    const model = tf.model({ inputs: x, outputs: last });
    const { model: clone } = cloneModel(model);
    clone.setWeights(model.getWeights());
    const xs = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 1);
    const [expected, actual] = [model, clone].map((each) => [...(each.predict(xs) as tf.Tensor).dataSync()]);
    expect(actual).toEqual(expected);
  });

  test('a prepared model that is detached leaves nothing of the clone behind', async () => {
    await expectNoLeak(() => {
      const model = withLayer(new KeptTimes({ name: 'times', factor: 3 }));
      prepare(model, weightOnly()).detach();
      model.dispose();
    });
  });
});
