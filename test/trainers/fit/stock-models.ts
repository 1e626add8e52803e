import * as tf from '@tensorflow/tfjs';

/** A compiled model and data for it. */
export interface StockCase {
  readonly model: tf.LayersModel;
  readonly xs: tf.Tensor | tf.Tensor[];
  readonly ys: tf.Tensor | tf.Tensor[];
}

/** The last batch of 8 has 6. */
const N = 78;

const normal = (shape: number[], seed = 1): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);
const ids = (shape: number[], below: number, seed = 2): tf.Tensor =>
  tf.tidy(() => tf.randomUniform(shape, 0, below, 'float32', seed).floor().toInt());
/** Stock losses of classes take floats only. */
const classes = (count: number): tf.Tensor => tf.tidy(() => ids([N], count, 3).toFloat());
const oneHot = (count: number): tf.Tensor =>
  tf.tidy(() => tf.oneHot(ids([N], count, 3) as tf.Tensor1D, count));

type Compile = Omit<Parameters<tf.LayersModel['compile']>[0], 'optimizer'> & {
  readonly optimizer?: string | tf.Optimizer;
};

function sequential(layers: tf.layers.Layer[], { optimizer = 'adam', ...rest }: Compile): tf.LayersModel {
  const model = tf.sequential({ layers });
  model.compile({ optimizer, ...rest });
  return model;
}

const { dense, flatten } = tf.layers;
const SPARSE = 'sparseCategoricalCrossentropy';
const softmax = (units: number) => dense({ units, activation: 'softmax' });

/** Dot-product attention of a sequence to itself, of layers that tfjs has. */
function attention(): tf.LayersModel {
  const tokens = tf.input({ shape: [5], dtype: 'int32' });
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(x) as tf.SymbolicTensor;
  const x = apply(tf.layers.embedding({ inputDim: 11, outputDim: 6 }), tokens);
  const [q, k, v] = [1, 2, 3].map(() => apply(dense({ units: 6 }), x));
  const scores = apply(
    tf.layers.activation({ activation: 'softmax' }),
    apply(tf.layers.dot({ axes: 2 }), [q!, k!]),
  );
  const mixed = apply(tf.layers.dot({ axes: [2, 1] }), [scores, v!]);
  const summed = apply(tf.layers.add(), [x, mixed]);
  const pooled = apply(tf.layers.globalAveragePooling1d({}), apply(tf.layers.layerNormalization(), summed));
  const model = tf.model({ inputs: tokens, outputs: apply(softmax(3), pooled) });
  model.compile({ optimizer: 'adam', loss: SPARSE, metrics: ['accuracy'] });
  return model;
}

function twoInputs(): tf.LayersModel {
  const [a, b] = [tf.input({ shape: [3], name: 'a' }), tf.input({ shape: [2], name: 'b' })];
  const joined = tf.layers.concatenate().apply([a, dense({ units: 3 }).apply(b) as tf.SymbolicTensor]);
  const outputs = dense({ units: 1 }).apply(joined) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [a, b], outputs });
  model.compile({
    optimizer: tf.train.momentum(0.05, 0.9, true),
    loss: 'meanAbsoluteError',
    metrics: ['mse'],
  });
  return model;
}

/** Models of stock layers, by what is special. */
export const CASES: Readonly<Record<string, () => StockCase>> = {
  'dense, regularized': () => ({
    model: sequential(
      [
        dense({
          units: 6,
          activation: 'relu',
          inputShape: [4],
          kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
        }),
        dense({ units: 1 }),
      ],
      { optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError', metrics: ['mae'] },
    ),
    xs: normal([N, 4]),
    ys: normal([N], 5),
  }),
  'one sigmoid unit': () => ({
    model: sequential(
      [dense({ units: 5, activation: 'tanh', inputShape: [4] }), dense({ units: 1, activation: 'sigmoid' })],
      {
        optimizer: tf.train.rmsprop(0.01, 0.9, 0.5),
        loss: 'binaryCrossentropy',
        metrics: ['accuracy'],
      },
    ),
    xs: normal([N, 4]),
    ys: classes(2),
  }),
  convolution: () => ({
    model: sequential(
      [
        tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 2] }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        flatten(),
        softmax(3),
      ],
      { loss: 'categoricalCrossentropy', metrics: ['accuracy', 'crossentropy'] },
    ),
    xs: normal([N, 8, 8, 2]),
    ys: oneHot(3),
  }),
  'separable convolution': () => ({
    model: sequential(
      [
        tf.layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [6, 6, 3] }),
        tf.layers.globalAveragePooling2d({}),
        softmax(4),
      ],
      { optimizer: tf.train.adagrad(0.05), loss: SPARSE, metrics: ['acc'] },
    ),
    xs: normal([N, 6, 6, 3]),
    ys: classes(4),
  }),
  'batch norm': () => ({
    model: sequential(
      [
        // A bias here has gradient 0 but for rounding, which Adam makes large, and the moving mean has it.
        dense({ units: 6, inputShape: [5], useBias: false }),
        tf.layers.batchNormalization(),
        tf.layers.activation({ activation: 'relu' }),
        dense({ units: 2, activation: 'sigmoid' }),
      ],
      { loss: 'binaryCrossentropy', metrics: ['accuracy'] },
    ),
    xs: normal([N, 5]),
    ys: oneHot(2),
  }),
  embedding: () => ({
    model: sequential(
      [tf.layers.embedding({ inputDim: 9, outputDim: 4, inputLength: 6 }), flatten(), softmax(3)],
      { optimizer: 'rmsprop', loss: SPARSE, metrics: ['accuracy'] },
    ),
    xs: ids([N, 6], 9),
    ys: classes(3),
  }),
  LSTM: () => ({
    model: sequential([tf.layers.lstm({ units: 5, inputShape: [6, 3] }), softmax(2)], { loss: SPARSE }),
    xs: normal([N, 6, 3]),
    ys: classes(2),
  }),
  GRU: () => ({
    model: sequential(
      [tf.layers.gru({ units: 5, inputShape: [6, 3], returnSequences: true }), dense({ units: 3 })],
      { loss: tf.losses.huberLoss as unknown as string },
    ),
    xs: normal([N, 6, 3]),
    ys: normal([N, 6, 3], 7),
  }),
  bidirectional: () => ({
    model: sequential(
      [
        tf.layers.bidirectional({
          layer: tf.layers.lstm({ units: 4 }) as never,
          mergeMode: 'concat',
          inputShape: [5, 3],
        } as never),
        dense({ units: 3 }),
      ],
      { loss: 'cosineProximity', metrics: ['cosine'] },
    ),
    xs: normal([N, 5, 3]),
    ys: normal([N, 3], 8),
  }),
  attention: () => ({ model: attention(), xs: ids([N, 5], 11), ys: classes(3) }),
  'two inputs': () => ({
    model: twoInputs(),
    xs: [normal([N, 3]), normal([N, 2], 4)],
    ys: normal([N, 1], 6),
  }),
  hinge: () => ({
    model: sequential(
      [dense({ units: 4, activation: 'elu', inputShape: [3] }), dense({ units: 1, activation: 'tanh' })],
      {
        optimizer: tf.train.momentum(0.05, 0.8),
        loss: 'hinge',
        metrics: [(truth: tf.Tensor, predictions: tf.Tensor) => truth.mul(predictions).mean()] as never,
      },
    ),
    xs: normal([N, 3]),
    ys: tf.tidy(() => classes(2).mul(2).sub(1)),
  }),
};

/** The same model twice: kernels and tables of both are drawn anew, the same each time; the rest is the first one's. */
export function drawWeights(first: tf.LayersModel, second: tf.LayersModel): void {
  const drawn = first.getWeights().map((weight, i) => {
    const outputs = weight.shape.at(-1)!;
    const width = Math.sqrt(2 / (weight.size / outputs + outputs)); // nearly Glorot's
    return weight.rank < 2 ? weight.clone() : tf.randomNormal(weight.shape, 0, width, 'float32', i + 1);
  });
  for (const model of [first, second]) {
    const copies = drawn.map((weight) => tf.tensor(weight.dataSync().slice(), weight.shape));
    model.setWeights(copies);
    tf.dispose(copies);
  }
  tf.dispose(drawn);
}
