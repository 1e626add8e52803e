import type * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';
import type { DeclaresFacts, LayerFacts, WeightFacts } from './facts';
import { STOCK } from './stock-facts';

/** The facts of a layer: those that it declares, or else those of its class of tfjs; undefined of a layer that nobody describes. */
export function factsOf(layer: tf.layers.Layer): LayerFacts | undefined {
  return (layer as Partial<DeclaresFacts>).facts ?? STOCK[layer.getClassName()];
}

/** Names that weights go by everywhere. A `kernel` is not among them: its channels depend on the layer. */
const CUSTOMARY: Readonly<Record<string, WeightFacts>> = {
  embeddings: { role: 'table', channels: [0] },
  gamma: { role: 'scale' },
  beta: { role: 'shift' },
  bias: { role: 'bias' },
};

/**
 * What a weight is to its layer. Weights of a layer that nobody describes are known by their customary names, `embeddings`,
 * `gamma`, `beta` and `bias`; others are `unknown`.
 *
 * @throws UserError if a layer declares channels that the weight does not have.
 */
export function weightFacts({ layer, name, rank }: NamedWeight): WeightFacts {
  const facts = factsOf(layer);
  const found = (facts ? facts.weights?.[name] : CUSTOMARY[name]) ?? { role: 'unknown' };
  const wrong = 'channels' in found && found.channels.find((axis) => !(axis >= 0 && axis < rank));
  if (wrong === undefined || wrong === false) return found;
  throw new UserError(
    `Expected axes of "${name}" in layer "${layer.name}", of rank ${rank}, as its channels, got ${wrong}; correct the layer's facts.`,
  );
}

/** The part of a `Weight` that says whose it is. */
export interface NamedWeight {
  /** The innermost one that computes with it. */
  readonly layer: tf.layers.Layer;
  /** What the layer calls it: `kernel`. */
  readonly name: string;
  /** Axes of its shape, which its channels are checked against. */
  readonly rank: number;
}

/** Fields that mean the same in every layer that has them. */
const CUSTOMARY_RATES = ['rate', 'dropout', 'recurrentDropout'] as const;

/** Values of a layer that a compiled program freezes, by field. */
export function ratesOf(layer: tf.layers.Layer): [field: string, value: unknown][] {
  const facts = factsOf(layer);
  const fields = facts ? (facts.rates ?? []) : CUSTOMARY_RATES;
  return fields.map((field) => [field, layer[field as keyof typeof layer]]);
}
