import type * as tf from '@tensorflow/tfjs';
import type { GatedUnits } from '../analysis/gate-gradients';
import { bertConfigOf } from '../models/bert-config-of';
import type { Importance, Scores } from './importance';

/** The gates of a BERT's heads and neurons; layers without any have none. */
export interface BertGates {
  readonly gates: readonly GatedUnits[];
  /** Puts what was found for each of the gates in their order into layers; of layers without units there is nothing. */
  importance(found: readonly Scores[]): Importance;
}

/**
 * Where a BERT's heads and neurons can be multiplied by gates: what its attentions give before the output projection, and what its
 * activations give.
 *
 * @param which of them, such as `onlyHeads`; all by default.
 * @throws UserError for a model that was not built by `bert`.
 */
export function bertGates(
  model: tf.LayersModel,
  which: (all: Importance) => Importance = (all) => all,
): BertGates {
  const { heads, intermediateSize } = bertConfigOf(model);
  const unitsOf = (counts: readonly number[]) => counts.map((count) => new Uint8Array(count));
  const wanted = which({ heads: unitsOf(heads), neurons: unitsOf(intermediateSize) });
  const gatesOf = (part: string, layers: readonly Scores[]) =>
    layers.map(({ length: units }, i): GatedUnits | undefined =>
      units === 0 ? undefined : { layer: model.getLayer(`encoder/${i}/${part}`), of: 'output', units },
    );
  const all = [gatesOf('attention/core', wanted.heads), gatesOf('ffn/gelu', wanted.neurons)] as const;
  const gates = all.flat().filter((gate) => gate !== undefined);
  return {
    gates,
    importance(found) {
      const [ofHeads, ofNeurons] = all.map((list) =>
        list.map((gate) => (gate ? found[gates.indexOf(gate)]! : [])),
      );
      return { heads: ofHeads!, neurons: ofNeurons! };
    },
  };
}
