import * as tf from '@tensorflow/tfjs';
import { weightsOf } from '../../lib/core/weights';

const int = (rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');

/** Two examples, the second with one piece of padding: ids, mask, types. */
export const batch = (padId = 0) => [
  int([
    [2, 5, 7, 3],
    [2, 9, 3, padId],
  ]),
  int([
    [1, 1, 1, 1],
    [1, 1, 1, 0],
  ]),
  int([
    [0, 0, 1, 1],
    [0, 0, 0, 0],
  ]),
];

/** What the formula takes of a model's configuration, and of its family. */
export interface Formula {
  readonly layers: number;
  readonly heads: number;
  /** Row of the position table by token. */
  readonly positions: number[][];
  /** Row of the type table by token; undefined for a model without one. */
  readonly types?: number[][];
  readonly activation: (x: tf.Tensor) => tf.Tensor;
  /** Where dropout leaves nothing; nowhere by default. */
  readonly dropped?: readonly Place[];
}

/** Where the families of BERT may drop. */
export type Place = 'embeddings' | 'attention weights' | 'attended' | 'ffn' | 'pooler' | 'classifier';

export const gelu = (x: tf.Tensor) => x.mul(x.div(Math.SQRT2).erf().add(1)).div(2);

/** BERT as one function of its weights, of stock tfjs ops. */
export function reference(
  weights: ReadonlyMap<string, tf.Tensor>,
  [ids, mask]: tf.Tensor[],
  { layers, heads, positions, types, activation, dropped = [] }: Formula,
): tf.Tensor {
  const w = (path: string) => weights.get(path)!;
  const drop = (place: Place, x: tf.Tensor) => (dropped.includes(place) ? x.mul(0) : x);
  const dense = (x: tf.Tensor, path: string) => {
    const kernel = w(`${path}/kernel`);
    const flat = tf.matMul(x.reshape([-1, kernel.shape[0]!]) as tf.Tensor2D, kernel as tf.Tensor2D);
    return flat.add(w(`${path}/bias`)).reshape([...x.shape.slice(0, -1), kernel.shape[1]!]);
  };
  const norm = (x: tf.Tensor, path: string) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x
      .sub(mean)
      .div(variance.add(1e-12).sqrt())
      .mul(w(`${path}/gamma`))
      .add(w(`${path}/beta`));
  };
  const rows = (name: string, indices: tf.Tensor) => tf.gather(w(`embeddings/${name}/embeddings`), indices);
  let x = rows('token', ids!).add(rows('position', int(positions)));
  if (types) x = x.add(rows('type', int(types)));
  x = drop('embeddings', norm(x, 'embeddings/norm'));
  if (weights.has('embeddings/project/kernel')) x = dense(x, 'embeddings/project');
  const bias = tf.sub(1, mask!).mul(-1e9).expandDims(1); // [batch, 1, time]
  for (let i = 0; i < layers; i++) {
    const path = `encoder/${i}/attention`;
    const [q, k, v] = ['query', 'key', 'value'].map((part) =>
      tf.split(dense(x, `${path}/${part}`), heads, 2),
    );
    const outputs = q!.map((q, head) => {
      const scores = tf.matMul(q, k![head]!.transpose([0, 2, 1])).div(Math.sqrt(q.shape[2]!));
      return tf.matMul(drop('attention weights', tf.softmax(scores.add(bias))), v![head]!);
    });
    x = norm(x.add(drop('attended', dense(tf.concat(outputs, 2), `${path}/output`))), `${path}/norm`);
    const up = gelu(dense(x, `encoder/${i}/ffn/up`));
    x = norm(x.add(drop('ffn', dense(up, `encoder/${i}/ffn/down`))), `encoder/${i}/ffn/norm`);
  }
  const first = x.slice([0, 0, 0], [-1, 1, -1]).squeeze([1]);
  return dense(drop('classifier', activation(dense(drop('pooler', first), 'pooler'))), 'classifier');
}

/** Biases and norms away from 0 and 1, so that leaving one out shows. */
export function shake(model: tf.LayersModel): void {
  weightsOf(model).forEach(({ variable, rank }, i) => {
    if (rank === 1) variable.assign(variable.add(tf.randomNormal(variable.shape, 0, 0.3, 'float32', i + 1)));
  });
}
