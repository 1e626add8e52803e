import * as tf from '@tensorflow/tfjs';
import { dims } from '../../core/dims';
import { UserError } from '../../core/errors';
import type { DeclaresFacts, LayerFacts } from '../../core/facts';
import { only } from './inputs';

/** Options of `tiedDecoder`. */
export interface TiedDecoderOptions {
  readonly name: string;
  /** Name of the layer whose table, its one weight [rows, width], is the decoder's; the decoder's input comes from it. */
  readonly table: string;
}

class TiedDecoder extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleTiedDecoder';
  private readonly source: string;
  private table: tf.LayerVariable | undefined;
  private bias!: tf.LayerVariable;

  constructor({ name, table }: TiedDecoderOptions) {
    super({ name });
    this.source = table;
  }

  get facts(): LayerFacts {
    return { weights: { bias: { role: 'bias' } }, borrows: this.table ? [this.table] : [] };
  }

  override apply(inputs: tf.SymbolicTensor, kwargs?: Parameters<tf.layers.Layer['apply']>[1]) {
    if (inputs instanceof tf.SymbolicTensor) this.table ??= tableAbove(inputs, this.source, this.name);
    return super.apply(inputs, kwargs);
  }

  override build(inputShape: tf.Shape): void {
    this.bias = this.addWeight('bias', [this.rows], 'float32', tf.initializers.zeros());
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [...inputShape.slice(0, -1), this.rows];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = only(inputs);
    const [batch, slots, width] = dims(x, 3);
    return tf.tidy(() => {
      const scores = tf.matMul(x.reshape([batch * slots, width]), this.table!.read(), false, true);
      return scores.add(this.bias.read()).reshape([batch, slots, -1]);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), table: this.source };
  }

  private get rows(): number {
    return this.table!.shape[0]!;
  }
}
tf.serialization.registerClass(TiedDecoder);

/** The one weight of the layer of a name that a tensor is made from. */
function tableAbove(tensor: tf.SymbolicTensor, name: string, decoder: string): tf.LayerVariable {
  const seen = new Set<tf.SymbolicTensor>();
  const pending = [tensor];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (next.sourceLayer.name === name) return next.sourceLayer.weights[0]!;
    if (seen.has(next)) continue;
    seen.add(next);
    pending.push(...next.inputs);
  }
  throw new UserError(
    `Expected the input of "${decoder}" to be made from the layer "${name}", whose table it is tied to, found no such layer.`,
  );
}

/**
 * Scores of every row of an embedding table: `x · tableᵀ + bias`, [batch, slots, width] → [batch, slots, rows]. The table stays the
 * embedding's (Press & Wolf 2017, arXiv:1608.05859); the bias is its own. It finds the table by name among the layers that its input is
 * made from, so it survives JSON.
 */
export function tiedDecoder(options: TiedDecoderOptions): tf.layers.Layer {
  return new TiedDecoder(options);
}
