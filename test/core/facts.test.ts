import * as tf from '@tensorflow/tfjs';
import { DeclaresFacts, LayerFacts } from '../../lib/core/facts';
import { factsOf, weightFacts } from '../../lib/core/facts-of';
import { layersOf } from '../../lib/core/layers';
import { revisionOf } from '../../lib/core/revision';
import { Weight, weightsOf } from '../../lib/core/weights';
import { bert } from '../../lib/models/bert';
import { maskedLanguageModel } from '../../lib/models/masked-language-model';
import { defaultTargets } from '../../lib/pruning/targets';

beforeAll(() => tf.setBackend('cpu'));

const one = (layer: tf.layers.Layer) => tf.sequential({ layers: [layer] });
const image = [6, 6, 3];
const series = [6, 3];
const common = { inputShape: image, kernelSize: 2, filters: 5 };

/** Role, shape and channels of each weight of a layer. */
const described = (layer: tf.layers.Layer) =>
  weightsOf(one(layer)).map((weight) => {
    const facts = weightFacts(weight);
    return [weight.name, facts.role, weight.variable.shape, ...('channels' in facts ? [facts.channels] : [])];
  });

const bias = (size: number) => ['bias', 'bias', [size]];

describe('weightFacts', () => {
  test.each([
    [
      'dense',
      () => tf.layers.dense({ units: 4, inputShape: [3] }),
      [['kernel', 'kernel', [3, 4], [1]], bias(4)],
    ],
    [
      'embedding',
      () => tf.layers.embedding({ inputDim: 7, outputDim: 2, inputShape: [3] }),
      [['embeddings', 'table', [7, 2], [0]]],
    ],
    [
      'conv1d',
      () => tf.layers.conv1d({ ...common, inputShape: series }),
      [['kernel', 'kernel', [2, 3, 5], [2]], bias(5)],
    ],
    ['conv2d', () => tf.layers.conv2d(common), [['kernel', 'kernel', [2, 2, 3, 5], [3]], bias(5)]],
    [
      'conv3d',
      () => tf.layers.conv3d({ ...common, inputShape: [6, ...image] }),
      [['kernel', 'kernel', [2, 2, 2, 3, 5], [4]], bias(5)],
    ],
    [
      'conv2dTranspose',
      () => tf.layers.conv2dTranspose(common),
      [['kernel', 'kernel', [2, 2, 5, 3], [2]], bias(5)],
    ],
    [
      'depthwiseConv2d',
      () => tf.layers.depthwiseConv2d({ inputShape: image, kernelSize: 2, depthMultiplier: 2 }),
      [['depthwise_kernel', 'depthwise', [2, 2, 3, 2], [2, 3]], bias(6)],
    ],
    [
      'separableConv2d',
      () => tf.layers.separableConv2d({ ...common, depthMultiplier: 2 }),
      [
        ['depthwise_kernel', 'depthwise', [2, 2, 3, 2], [2, 3]],
        ['pointwise_kernel', 'kernel', [1, 1, 6, 5], [3]],
        bias(5),
      ],
    ],
    [
      'lstm',
      () => tf.layers.lstm({ units: 2, inputShape: series }),
      [['kernel', 'kernel', [3, 8], [1]], ['recurrent_kernel', 'recurrent', [2, 8], [1]], bias(8)],
    ],
    [
      'batchNormalization',
      () => tf.layers.batchNormalization({ inputShape: [3] }),
      [
        ['gamma', 'scale', [3]],
        ['beta', 'shift', [3]],
        ['moving_mean', 'statistic', [3]],
        ['moving_variance', 'statistic', [3]],
      ],
    ],
    ['prelu', () => tf.layers.prelu({ inputShape: series }), [['alpha', 'scale', series]]],
  ] as const)('of %s', (_, make, expected) => {
    expect(described(make() as tf.layers.Layer)).toEqual(expected);
  });

  test('every layer and weight of our models is described', () => {
    const classifier = bert({ vocabSize: 20, layers: 1, hiddenSize: 4, heads: 1, maxPositions: 6 });
    const model = maskedLanguageModel(classifier);
    for (const each of [classifier, model]) {
      expect(layersOf(each).filter((layer) => factsOf(layer) === undefined)).toEqual([]);
      expect(weightsOf(each).filter((weight) => weightFacts(weight).role === 'unknown')).toEqual([]);
    }
  });

  test('every layer of tfjs is known', () => {
    const layers = tf.serialization.SerializationMap.getMap().classNameMap;
    const unknown = Object.values(layers)
      .map(([layerClass]) => layerClass as unknown as { prototype: object; className: string })
      .filter(({ prototype }) => prototype instanceof tf.layers.Layer)
      .map(({ className }) => className)
      .filter((className) => !/^Whittle/.test(className))
      .filter((className) => factsOf({ getClassName: () => className } as tf.layers.Layer) === undefined);
    expect(unknown).toEqual([]);
  });
});

/** A user's own layer: `x · matrixᵀ · factor`. */
class Own extends tf.layers.Layer {
  static readonly className: string = 'Own';
  protected matrix!: tf.LayerVariable;
  private gamma!: tf.LayerVariable;
  sharpness = 1;
  rate = 0;

  override build(): void {
    this.matrix = this.addWeight('matrix', [3, 3], 'float32', tf.initializers.ones());
    this.gamma = this.addWeight('gamma', [3, 1], 'float32', tf.initializers.ones());
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const y = tf.matMul([inputs].flat()[0]!, this.matrix.read(), false, true);
    return y.mul(this.gamma.read().reshape([3]));
  }
}

class Declared extends Own implements DeclaresFacts {
  static override readonly className = 'Declared';
  readonly facts: LayerFacts = {
    weights: { matrix: { role: 'kernel', channels: [0] }, gamma: { role: 'table', channels: [0] } },
    rates: ['sharpness'],
  };
}

const modelOf = (layer: tf.layers.Layer) =>
  tf.sequential({ layers: [layer, tf.layers.dense({ units: 1, name: 'head' })] });
const options = { inputShape: [3] } as object;
const factsIn = (model: tf.LayersModel, path: string) => {
  const found = weightsOf(model).find((weight) => weight.path === path) as Weight;
  return weightFacts(found);
};

describe('a layer of one’s own', () => {
  test('is unknown but for customary names', () => {
    const model = modelOf(new Own({ ...options, name: 'own' }));
    expect(factsOf(model.layers[0]!)).toBeUndefined();
    expect(factsIn(model, 'own/matrix')).toEqual({ role: 'unknown' });
    expect(factsIn(model, 'own/gamma')).toEqual({ role: 'scale' });
    expect(defaultTargets(model).map(({ path }) => path)).toEqual(['own/matrix']);
  });

  test('declares itself: pruning and compiling ask it', () => {
    const layer = new Declared({ ...options, name: 'own' });
    const model = modelOf(layer);
    expect(factsIn(model, 'own/matrix')).toEqual({ role: 'kernel', channels: [0] });
    expect(factsIn(model, 'own/gamma')).toEqual({ role: 'table', channels: [0] });
    expect(defaultTargets(model).map(({ path }) => path)).toEqual(['own/matrix']);
    const before = revisionOf(model);
    layer.rate = 0.5; // not declared
    expect(revisionOf(model)).toBe(before);
    layer.sharpness = 2;
    expect(revisionOf(model)).not.toBe(before);
  });

  test.each([2, -1, NaN])('is refused channels that the weight does not have: %d', (axis) => {
    class Wrong extends Own implements DeclaresFacts {
      static override readonly className = 'Wrong';
      readonly facts: LayerFacts = { weights: { matrix: { role: 'kernel', channels: [axis] } } };
    }
    const model = modelOf(new Wrong({ ...options, name: 'own' }));
    expect(() => factsIn(model, 'own/matrix')).toThrow(
      `Expected axes of "matrix" in layer "own", of rank 2, as its channels, got ${axis}`,
    );
  });
});

test('a rate of noise changes the revision', () => {
  const noise = tf.layers.gaussianNoise({ stddev: 1, inputShape: [2] }) as tf.layers.Layer & {
    stddev: number;
  };
  const model = modelOf(noise);
  const before = revisionOf(model);
  noise.stddev = 2;
  expect(revisionOf(model)).not.toBe(before);
});
