import * as tf from '@tensorflow/tfjs';
import { expectSameAsEager } from './close';

beforeAll(() => tf.setBackend('cpu'));

const { layers } = tf;
const seeded = () => tf.initializers.glorotUniform({ seed: 3 });

/** Layers by name, and the shape of one input example; integers below 7 for an embedding. */
const STOCK: [name: string, make: () => tf.layers.Layer[], inputShape: number[]][] = [
  ['dense', () => [layers.dense({ units: 4, activation: 'tanh', kernelInitializer: seeded() })], [5]],
  [
    'conv2d, maxPooling2d, flatten',
    () => [
      layers.conv2d({ filters: 3, kernelSize: 3, activation: 'relu', kernelInitializer: seeded() }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
    ],
    [7, 6, 2],
  ],
  [
    'separableConv2d, averagePooling2d',
    () => [
      layers.separableConv2d({
        filters: 3,
        kernelSize: 2,
        depthwiseInitializer: seeded(),
        pointwiseInitializer: seeded(),
      }),
      layers.averagePooling2d({ poolSize: 2, padding: 'same' }),
    ],
    [6, 6, 2],
  ],
  [
    'depthwiseConv2d, globalAveragePooling2d',
    () => [
      layers.depthwiseConv2d({ kernelSize: 2, depthwiseInitializer: seeded() }),
      layers.globalAveragePooling2d({}),
    ],
    [5, 5, 2],
  ],
  [
    'conv1d',
    () => [layers.conv1d({ filters: 3, kernelSize: 2, strides: 2, kernelInitializer: seeded() })],
    [8, 2],
  ],
  [
    'conv2dTranspose',
    () => [layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, kernelInitializer: seeded() })],
    [3, 3, 2],
  ],
  ['batchNormalization', () => [layers.batchNormalization({})], [4]],
  ['batchNormalization of images', () => [layers.batchNormalization({})], [3, 3, 2]],
  ['layerNormalization', () => [layers.layerNormalization({})], [3, 4]],
  [
    'embedding',
    () => [layers.embedding({ inputDim: 7, outputDim: 3, embeddingsInitializer: seeded() })],
    [5],
  ],
  [
    'simpleRNN',
    () => [layers.simpleRNN({ units: 3, kernelInitializer: seeded(), recurrentInitializer: seeded() })],
    [4, 2],
  ],
  [
    'lstm',
    () => [layers.lstm({ units: 3, kernelInitializer: seeded(), recurrentInitializer: seeded() })],
    [4, 2],
  ],
  [
    'gru',
    () => [layers.gru({ units: 3, kernelInitializer: seeded(), recurrentInitializer: seeded() })],
    [4, 2],
  ],
  ['prelu', () => [layers.prelu({ alphaInitializer: seeded() })], [4, 3]],
  [
    'zeroPadding2d, cropping2D',
    () => [
      layers.zeroPadding2d({ padding: 2 }),
      layers.cropping2D({
        cropping: [
          [1, 0],
          [0, 1],
        ],
      }),
    ],
    [3, 3, 2],
  ],
  [
    'conv2d, upSampling2d',
    () => [
      layers.conv2d({ filters: 2, kernelSize: 2, kernelInitializer: seeded() }),
      layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
    ],
    [4, 4, 1],
  ],
  [
    'conv3d, maxPooling3d, averagePooling3d',
    () => [
      layers.conv3d({ filters: 2, kernelSize: 2, padding: 'same', kernelInitializer: seeded() }),
      layers.maxPooling3d({ poolSize: [2, 2, 2] }),
      layers.averagePooling3d({ poolSize: [1, 2, 1], padding: 'same' }),
    ],
    [4, 4, 2, 1],
  ],
  [
    'repeatVector, permute, reshape',
    () => [
      layers.repeatVector({ n: 3 }),
      layers.permute({ dims: [2, 1] }),
      layers.reshape({ targetShape: [2, 6] }),
    ],
    [4],
  ],
  ...(
    [
      'elu',
      'hardSigmoid',
      'linear',
      'relu',
      'relu6',
      'selu',
      'sigmoid',
      'softmax',
      'softplus',
      'softsign',
      'tanh',
      'swish',
      'mish',
      'gelu',
      'gelu_new',
    ] as const
  ).map((activation): (typeof STOCK)[number] => [
    `activation ${activation}`,
    () => [layers.activation({ activation: activation as 'relu' })],
    [3, 4],
  ]),
];

function modelOf(make: () => tf.layers.Layer[], inputShape: number[]): tf.LayersModel {
  const input = tf.input({ shape: inputShape });
  const output = make().reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return tf.model({ inputs: input, outputs: output });
}

function exampleOf(name: string, inputShape: number[]): tf.Tensor {
  const shape = [3, ...inputShape];
  return name === 'embedding'
    ? tf.tidy(() => tf.randomUniform(shape, 0, 7, 'float32', 5).floor())
    : tf.randomUniform(shape, -2, 2, 'float32', 5);
}

describe.each(STOCK)('%s', (name, make, inputShape) => {
  let model: tf.LayersModel;
  let x: tf.Tensor;
  beforeEach(() => {
    model = modelOf(make, inputShape);
    x = exampleOf(name, inputShape);
  });
  afterEach(() => {
    model.dispose();
    x.dispose();
  });

  test('inference', () => expectSameAsEager((input) => model.predict(input) as tf.Tensor, [x]));

  test('gradients of every weight', async () => {
    const loss = (input: tf.Tensor) =>
      (model.apply(input, { training: false }) as tf.Tensor).square().mean() as tf.Scalar;
    const variables = tf.engine().registeredVariables;
    const trainable = Object.values(variables).filter((variable) => variable.trainable);
    if (trainable.length === 0) return expectSameAsEager((input) => tf.grad(loss)(input), [x]);
    await expectSameAsEager(
      (input) => {
        const { value, grads } = tf.variableGrads(() => loss(input));
        return { value, ...grads };
      },
      [x],
    );
  });
});

test.each(['int32', 'bool'] as const)('a dense layer on %s, value and gradients', async (dtype) => {
  const input = tf.input({ shape: [3], dtype });
  const dense = layers.dense({ units: 2, activation: 'relu', kernelInitializer: seeded() });
  const model = tf.model({ inputs: input, outputs: dense.apply(input) as tf.SymbolicTensor });
  const x = tf.tensor2d([[1, 0, 1], [0, 1, 1]], [2, 3], dtype); // prettier-ignore
  await expectSameAsEager(
    (y) => {
      const { value, grads } = tf.variableGrads(() => (model.apply(y) as tf.Tensor).square().mean());
      return { predicted: model.predict(y) as tf.Tensor, value, ...grads };
    },
    [x],
  );
  x.dispose();
  model.dispose();
});
