import * as tf from '@tensorflow/tfjs';

/** A user's own layer that keeps stock layers in its fields, as tfjs's users write them. */
class Block extends tf.layers.Layer {
  static readonly className = 'Block';
  private readonly up = tf.layers.dense({ units: 4 });
  readonly layers = [tf.layers.dense({ units: 3 }), tf.layers.dense({ units: 3 })];
  private readonly tower = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [3] })] });
  private scale!: tf.LayerVariable;

  override build(shape: tf.Shape): void {
    this.scale = this.addWeight('scale', [3], 'float32', tf.initializers.ones());
    this.up.build(shape);
    this.layers.forEach((layer, i) => layer.build([null, i === 0 ? 4 : 3]));
    this.inner.forEach((layer) => (layer.built = true));
    super.build(shape);
  }

  private get inner(): tf.layers.Layer[] {
    return [this.up, ...this.layers, this.tower];
  }

  override get trainableWeights(): tf.LayerVariable[] {
    return [...super.trainableWeights, ...this.inner.flatMap((layer) => layer.trainableWeights)];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const y = this.inner.reduce((x, layer) => layer.apply(x) as tf.Tensor, [inputs].flat()[0]!);
    return y.mul(this.scale.read());
  }
}
tf.serialization.registerClass(Block);

const tower = () =>
  tf.sequential({ name: 'tower', layers: [tf.layers.dense({ units: 2, inputShape: [3], name: 'in' })] });
const one = (layer: tf.layers.Layer) => tf.sequential({ layers: [layer] });
const recurrent = (cell: object) => one(tf.layers.rnn({ cell, name: 'rnn', inputShape: [4, 3] } as never));

interface Holder {
  readonly make: () => tf.LayersModel;
  /** Paths of its kernels, sorted. */
  readonly kernels: readonly string[];
  /** Classes of the layers that compute. */
  readonly layers: readonly string[];
}

/** Models whose weights lie inside something. */
export const holders: Readonly<Record<string, Holder>> = {
  'timeDistributed(dense)': {
    make: () =>
      one(
        tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2 }), name: 'each', inputShape: [4, 3] }),
      ),
    kernels: ['each/kernel'],
    layers: ['Dense'],
  },
  'timeDistributed(model)': {
    make: () => one(tf.layers.timeDistributed({ layer: tower(), name: 'each', inputShape: [4, 3] })),
    kernels: ['in/kernel'],
    layers: ['Dense'],
  },
  lstm: {
    make: () => one(tf.layers.lstm({ units: 2, name: 'lstm', inputShape: [4, 3] })),
    kernels: ['lstm/kernel'],
    layers: ['LSTMCell'],
  },
  'stacked cells': {
    make: () => recurrent([tf.layers.lstmCell({ units: 2 }), tf.layers.gruCell({ units: 2 })]),
    kernels: ['rnn/RNNCell_0/kernel', 'rnn/RNNCell_1/kernel'],
    layers: ['LSTMCell', 'GRUCell'],
  },
  'bidirectional(lstm)': {
    make: () =>
      one(
        tf.layers.bidirectional({
          layer: tf.layers.lstm({ units: 2, name: 'l' }) as never,
          name: 'both',
          inputShape: [4, 3],
          mergeMode: 'concat',
        }),
      ),
    kernels: ['both/backward_l/kernel', 'both/forward_l/kernel'],
    layers: ['LSTMCell'],
  },
  'a layer of one’s own': {
    make: () => one(new Block({ name: 'block', inputShape: [3] } as object)),
    kernels: ['block/layers/0/kernel', 'block/layers/1/kernel', 'block/tower/0/kernel', 'block/up/kernel'],
    layers: ['Block', 'Dense'],
  },
};
