import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { ResolvedBertConfig } from './bert-config';
import { families, isFamilyName } from './family';
import { Problem, usualProblem } from './problem';

/**
 * The configuration that builds a model like this one, read from its layers: so it is right for a model that came from JSON or
 * lost heads since. Where no layer has heads, their size and dropout, which nothing has, are `hiddenSize` and 0.
 *
 * @throws UserError if the model was not built by `bert`.
 */
export function bertConfigOf(model: tf.LayersModel): ResolvedBertConfig {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer.getConfig()]));
  const find = (layer: string) => layers.get(layer) as unknown as Fields | undefined;
  const of = (layer: string) => find(layer) ?? missing(model, layer);
  const indices = [...layers.keys()].flatMap(
    (name) => /^encoder\/(\d+)\/attention\/norm$/.exec(name)?.[1] ?? [],
  );
  const cores = indices.map((i) => find(`encoder/${i}/attention/core`));
  const hiddenSize = find('embeddings/project')?.units ?? of('embeddings/token').width;
  const core = cores.find((found) => found) ?? { headSize: hiddenSize, dropout: 0 }; // nothing has such a size
  const labels = of('classifier').units;
  const family = isFamilyName(model.name) ? model.name : strange(model);
  const { countsPositions, padId } = families[family];
  const positions = countsPositions
    ? of('embeddings/places')
    : { padId, maxPositions: of('embeddings/position').rows };
  return {
    family,
    vocabSize: of('embeddings/token').rows,
    layers: indices.length,
    hiddenSize,
    embeddingSize: of('embeddings/token').width,
    heads: cores.map((found) => found?.heads ?? 0),
    headSize: core.headSize,
    intermediateSize: indices.map((i) => find(`encoder/${i}/ffn/up`)?.units ?? 0),
    maxPositions: positions.maxPositions,
    typeVocabSize: find('embeddings/type')?.rows ?? 0,
    padId: positions.padId,
    labels,
    problem: find('classifier/problem')?.problem ?? usualProblem(labels),
    dropout: of('embeddings/dropout').rate,
    attentionDropout: core.dropout,
    classifierDropout: of('classifier/dropout').rate,
    epsilon: of('embeddings/norm').epsilon,
    initializerRange: of('embeddings/token').stddev,
    seed: of('embeddings/token').seed,
  };
}

/** What is read of the configurations of the layers above. */
interface Fields {
  readonly problem: Problem;
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
  readonly padId: number;
  readonly maxPositions: number;
}

function strange(model: tf.LayersModel): never {
  throw new UserError(
    `Expected a model built by bert(), whose name is its family (${Object.keys(families).join(', ')}), got "${model.name}".`,
  );
}

function missing(model: tf.LayersModel, layer: string): never {
  throw new UserError(`Expected a model built by bert(), got "${model.name}" without a layer "${layer}".`);
}
