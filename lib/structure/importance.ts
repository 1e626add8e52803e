import type { HostTensor } from '../core/host-tensor';

/** Batches of what a model takes, in the order of its inputs. */
export type UnlabelledBatches = readonly (readonly HostTensor[])[];

/** What each unit of a layer is worth keeping, the more the larger. */
export type Scores = ArrayLike<number>;

/** How important the heads and neurons of a BERT are, by layer: numbers that add up. Units without a score, an empty list, stay. */
export interface Importance {
  /** A score of each head of each layer. */
  readonly heads: readonly Scores[];
  /** A score of each neuron of each layer's feed-forward network. */
  readonly neurons: readonly Scores[];
}

/** That of heads alone: all neurons stay. */
export const onlyHeads = ({ heads, neurons }: Importance): Importance => ({
  heads,
  neurons: neurons.map(() => []),
});

/** That of neurons alone: all heads stay. */
export const onlyNeurons = ({ heads, neurons }: Importance): Importance => ({
  heads: heads.map(() => []),
  neurons,
});
