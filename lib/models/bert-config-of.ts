import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { ResolvedBertConfig } from './bert-config';

/**
 * The configuration that builds a model like this one, read from its layers: so it is right for a model that came from JSON or
 * lost heads since.
 *
 * @throws UserError if the model was not built by `bert`.
 */
export function bertConfigOf(model: tf.LayersModel): ResolvedBertConfig {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer.getConfig()]));
  const of = (layer: string) => (layers.get(layer) as unknown as Fields | undefined) ?? missing(model, layer);
  const indices = [...layers.keys()].flatMap(
    (name) => /^encoder\/(\d+)\/attention\/core$/.exec(name)?.[1] ?? [],
  );
  const core = of('encoder/0/attention/core');
  const labels = of('classifier').units;
  return {
    vocabSize: of('embeddings/token').rows,
    layers: indices.length,
    hiddenSize: of('embeddings/token').width,
    heads: indices.map((i) => of(`encoder/${i}/attention/core`).heads),
    headSize: core.headSize,
    intermediateSize: indices.map((i) => of(`encoder/${i}/ffn/up`).units),
    maxPositions: of('embeddings/position').rows,
    typeVocabSize: of('embeddings/type').rows,
    labels,
    regression: labels === 1,
    dropout: of('embeddings/dropout').rate,
    attentionDropout: core.dropout,
    classifierDropout: of('classifier/dropout').rate,
    epsilon: of('embeddings/norm').epsilon,
    initializerRange: of('embeddings/token').stddev,
    seed: of('embeddings/token').seed,
  };
}

/** The numbers in the configurations of the layers above. */
interface Fields {
  readonly rows: number;
  readonly width: number;
  readonly stddev: number;
  readonly seed: number;
  readonly units: number;
  readonly heads: number;
  readonly headSize: number;
  readonly dropout: number;
  readonly rate: number;
  readonly epsilon: number;
}

function missing(model: tf.LayersModel, layer: string): never {
  throw new UserError(`Expected a model built by bert(), got "${model.name}" without a layer "${layer}".`);
}
