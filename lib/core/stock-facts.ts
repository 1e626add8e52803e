import type { LayerFacts, WeightFacts } from './facts';

type Weights = Readonly<Record<string, WeightFacts>>;

const bias: WeightFacts = { role: 'bias' };
const kernel = (...channels: number[]): WeightFacts => ({ role: 'kernel', channels });
const depthwise: WeightFacts = { role: 'depthwise', channels: [2, 3] };

/** A product with one kernel, whose output channels are an axis. */
const product = (axis: number, more: LayerFacts = {}): LayerFacts => ({
  weights: { kernel: kernel(axis), bias },
  ...more,
});

/** A recurrent layer's cell, whose output channels are an axis of both kernels. */
const cell = (axis: number): LayerFacts => ({
  weights: { kernel: kernel(axis), recurrent_kernel: { role: 'recurrent', channels: [axis] }, bias },
  rates: ['dropout', 'recurrentDropout'],
});

const affine: Weights = { gamma: { role: 'scale' }, beta: { role: 'shift' } };
const running: Weights = { moving_mean: { role: 'statistic' }, moving_variance: { role: 'statistic' } };

const values: LayerFacts = { passes: 'values' };
const drops: LayerFacts = { ...values, rates: ['rate', 'seed', 'noiseShape'] };
const activation: LayerFacts = { passes: 'activation' };

/** Layers of which there is nothing to say but that they are known: they have no weights, or hold those that do. */
const plain = (...names: string[]): Record<string, LayerFacts> =>
  Object.fromEntries(names.map((name) => [name, {}]));

/** The layers of tfjs, by class. */
export const STOCK: Readonly<Record<string, LayerFacts | undefined>> = {
  Dense: product(1, { tokenWise: Infinity }),
  Embedding: { weights: { embeddings: { role: 'table', channels: [0] } }, ids: 0, isLookup: true },

  Conv1D: product(2),
  Conv2D: product(3),
  Conv3D: product(4),
  Conv2DTranspose: product(2), // [height, width, outputs, inputs]
  Conv3DTranspose: product(3),
  DepthwiseConv2D: { weights: { depthwise_kernel: depthwise, bias } },
  SeparableConv2D: { weights: { depthwise_kernel: depthwise, pointwise_kernel: kernel(3), bias } },

  SimpleRNNCell: cell(1),
  GRUCell: cell(1),
  LSTMCell: cell(1),
  ConvLSTM2DCell: cell(3),

  BatchNormalization: { weights: { ...affine, ...running }, passes: 'norm' },
  LayerNormalization: { weights: affine, passes: 'norm' },

  Activation: { ...activation, tokenWise: Infinity },
  ReLU: activation,
  LeakyReLU: activation,
  ELU: activation,
  ThresholdedReLU: activation,
  PReLU: { ...activation, weights: { alpha: { role: 'scale' } } },

  Dropout: drops,
  SpatialDropout1D: drops,
  GaussianDropout: drops,
  AlphaDropout: drops,
  GaussianNoise: { ...values, rates: ['stddev'] },

  Reshape: values,
  Flatten: values,
  Permute: values,
  RepeatVector: values,
  Masking: values,
  Cropping2D: values,
  CenterCrop: values,
  ZeroPadding2D: values,
  MaxPooling1D: values,
  MaxPooling2D: values,
  MaxPooling3D: values,
  GlobalMaxPooling1D: values,
  GlobalMaxPooling2D: values,

  Add: { passes: 'sum', passesInputs: Infinity, tokenWise: Infinity },

  ...plain('InputLayer', 'Model', 'Functional', 'Sequential', 'TimeDistributed', 'Bidirectional'),
  ...plain('RNN', 'SimpleRNN', 'GRU', 'LSTM', 'ConvRNN2D', 'ConvLSTM2D', 'StackedRNNCells'),
  ...plain('Softmax', 'UpSampling2D', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate', 'Dot'),
  ...plain('Rescaling', 'Resizing', 'RandomWidth', 'RandomHeight', 'CategoryEncoding'),
  ...plain('AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D'),
  ...plain('GlobalAveragePooling1D', 'GlobalAveragePooling2D'),
};
