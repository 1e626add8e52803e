import * as tf from '@tensorflow/tfjs';
import { attachmentsOf } from '../../lib/core/attach';
import { DeclaresFacts } from '../../lib/core/facts';
import { revisionOf } from '../../lib/core/revision';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { Rules } from '../../lib/compress/rules';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';
import { cases, observe, predict } from './models';
import { describeSpec } from '../../lib/quantization/spec';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const targetsOf = (model: tf.LayersModel, rules: Rules) => {
  const prepared = prepare(model, rules);
  const found = attachmentsOf(model).map(({ layer, target }) => `${layer.name}: ${target}`);
  prepared.detach();
  return found;
};

describe.each(Object.entries(cases))('prepare %s', (_, make) => {
  test('quantizes it, and detaching gives back the same model', () => {
    const { model, inputs } = make();
    const x = inputs(1);
    const [json, revision, before] = [model.toJSON(), revisionOf(model), predict(model, x)];
    const tensors = tf.memory().numTensors;
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs });
    expect(predict(model, x)).not.toEqual(before);
    expect(model.toJSON()).toBe(json);
    prepared.detach();
    expect(predict(model, x)).toEqual(before);
    expect(revisionOf(model)).toBe(revision);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('off means identity', () => {
    const { model, inputs } = make();
    const before = predict(model, inputs(1));
    const prepared = prepare(model, staticInt8());
    prepared.setMode('off');
    expect(predict(model, inputs(1))).toEqual(before);
    prepared.detach();
  });
});

describe('prepare', () => {
  test('what is quantized in a BERT: one range per tensor', () => {
    const { model } = cases['a BERT']!();
    const { weights, inputs, detach } = prepare(model, staticInt8());
    expect([...weights.keys()].filter((path) => !path.startsWith('encoder'))).toEqual([
      'embeddings/token/embeddings',
      'embeddings/position/embeddings',
      'embeddings/type/embeddings',
      'pooler/kernel',
      'classifier/kernel',
    ]);
    expect(weights.size).toBe(3 + 2 * 6 + 2);
    const of = (name: string) => inputs.get(`encoder/0/attention/${name}`);
    expect(of('query')).toBe(of('key'));
    expect(of('query')).toBe(of('value'));
    expect(of('output')).not.toBe(of('query'));
    expect(inputs.get('encoder/1/attention/query')).not.toBe(of('query'));
    expect(new Set(inputs.values()).size).toBe(2 * 4 + 2);
    detach();
  });

  test('a lookup is quantized at its output, and its table where programs read it; other tables at the table', () => {
    const { model } = cases['a BERT']!();
    const rules = [{ match: 'embeddings/*', use: weightOnly() }];
    expect(targetsOf(model, rules).sort()).toEqual([
      'embeddings/position: embeddings',
      'embeddings/token: embeddings',
      'embeddings/token: output',
      'embeddings/type: embeddings',
    ]);
  });

  test('a model is prepared once at a time', () => {
    const { model } = cases['a sequential model']!();
    const prepared = prepare(model, weightOnly());
    expect(() => prepare(model, weightOnly())).toThrow('twice; detach it first');
    prepared.detach();
    const again = prepare(model, weightOnly());
    prepared.detach(); // twice is once
    expect(() => prepare(model, weightOnly())).toThrow('twice; detach it first');
    again.detach();
  });

  test('the mode and the path change the revision; frozen ranges stay', () => {
    const { model, inputs } = cases['a sequential model']!();
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs });
    const revisions = [revisionOf(model)];
    const toggle = (change: () => void) => {
      change();
      revisions.push(revisionOf(model));
    };
    toggle(() => prepared.setMode('quantize'));
    toggle(() => prepared.setIntegerPath(false));
    toggle(() => prepared.setMode('off'));
    expect(new Set(revisions).size).toBe(4);
    const ranges = () =>
      [...prepared.inputs.values()].flatMap(({ observer }) =>
        Object.values(observer!.state()).map((variable) => variable.dataSync()[0]),
      );
    const frozen = ranges();
    observe({ model, inputs });
    expect(ranges()).toEqual(frozen);
    prepared.detach();
  });

  test('trains through the quantizers', async () => {
    const { model, inputs } = cases['a sequential model']!();
    const prepared = prepare(model, staticInt8());
    model.compile({ optimizer: tf.train.sgd(0.5), loss: 'meanSquaredError' });
    const [x] = inputs(1);
    const loss = async () => {
      const { history } = await model.fit(x!, tf.ones([7, 2]).mul([1, 0]), { verbose: 0 });
      return history['loss']![0] as number;
    };
    const first = await loss();
    for (let i = 0; i < 20; i++) await loss();
    expect(await loss()).toBeLessThan(first / 2);
    prepared.detach();
  });

  test('quantizes a layer of one’s own by the channels that it declares, and not the inside of a wrapper', () => {
    const model = tf.sequential({
      layers: [
        new Transposed({ name: 'own', inputShape: [3, 4] } as object),
        tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2 }), name: 'each' }),
      ],
    });
    const x = tf.randomNormal([2, 3, 4], 0, 1, 'float32', 1);
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs: () => [x] });
    expect([...prepared.weights].map(([path, { spec }]) => [path, describeSpec(spec)])).toEqual([
      ['own/matrix', '7 bits, perAxis(0)'],
      ['each/kernel', '7 bits, perAxis(1)'],
    ]);
    expect(prepared.skipped).toEqual([{ path: 'each/input', why: 'it is inside of a layer that holds it' }]);
    expect([...prepared.inputs.keys()]).toEqual(['own']);
    expect(predict(convert(prepared).model, [x])).toEqual(predict(model, [x]));
    prepared.detach();
  });
});

/** `x · matrixᵀ`: the channels of its output are the rows. */
class Transposed extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'Transposed';
  readonly facts = { weights: { matrix: { role: 'kernel', channels: [0] } } } as const;
  private matrix!: tf.LayerVariable;

  override build(shape: tf.Shape): void {
    this.matrix = this.addWeight(
      'matrix',
      [5, shape.at(-1)!],
      'float32',
      tf.initializers.randomNormal({ seed: 1 }),
    );
    super.build(shape);
  }

  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return [...shape.slice(0, -1), 5];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = [inputs].flat() as [tf.Tensor];
    const rows = tf.matMul(x.reshape([-1, x.shape.at(-1)!]), this.matrix.read(), false, true);
    return rows.reshape([...x.shape.slice(0, -1), 5]);
  }
}
tf.serialization.registerClass(Transposed);
