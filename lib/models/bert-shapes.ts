import type { ResolvedBertConfig } from './bert-config';
import { families } from './family';

/** A weight's path and shape. */
export type PathAndShape = readonly [path: string, shape: readonly number[]];

/** The weights of `bert(config)` in their order, told one by one before there is room for any. */
export function* bertShapes(config: ResolvedBertConfig): Generator<PathAndShape> {
  yield* embeddings(config);
  for (let i = 0; i < config.layers; i++) yield* encoderLayer(config, i);
  yield* dense('pooler', config.hiddenSize, config.hiddenSize);
  yield* dense('classifier', config.hiddenSize, config.labels);
}

function* embeddings(config: ResolvedBertConfig): Generator<PathAndShape> {
  const { embeddingSize, hiddenSize, maxPositions, padId, typeVocabSize, vocabSize } = config;
  const positions = families[config.family].countsPositions ? padId + 1 + maxPositions : maxPositions;
  yield ['embeddings/token/embeddings', [vocabSize, embeddingSize]];
  yield ['embeddings/position/embeddings', [positions, embeddingSize]];
  if (typeVocabSize > 0) yield ['embeddings/type/embeddings', [typeVocabSize, embeddingSize]];
  yield* norm('embeddings/norm', embeddingSize);
  if (embeddingSize !== hiddenSize) yield* dense('embeddings/project', embeddingSize, hiddenSize);
}

function* encoderLayer(config: ResolvedBertConfig, index: number): Generator<PathAndShape> {
  const { hiddenSize, headSize } = config;
  const [attention, ffn] = [`encoder/${index}/attention`, `encoder/${index}/ffn`];
  const inner = ['query', 'key', 'value'].map((part) => `${attention}/${part}`);
  yield* between([...inner, `${attention}/output`], config.heads[index]! * headSize, hiddenSize);
  yield* norm(`${attention}/norm`, hiddenSize);
  yield* between([`${ffn}/up`, `${ffn}/down`], config.intermediateSize[index]!, hiddenSize);
  yield* norm(`${ffn}/norm`, hiddenSize);
}

/** Layers from the hidden size to another, and the last one back; where the other is 0, the last one's bias is left. */
function* between(layers: readonly string[], width: number, hiddenSize: number): Generator<PathAndShape> {
  const last = layers.at(-1)!;
  if (width === 0) return yield [`${last}/bias`, [hiddenSize]];
  for (const layer of layers.slice(0, -1)) yield* dense(layer, hiddenSize, width);
  yield* dense(last, width, hiddenSize);
}

function* dense(layer: string, inputs: number, units: number): Generator<PathAndShape> {
  yield [`${layer}/kernel`, [inputs, units]];
  yield [`${layer}/bias`, [units]];
}

function* norm(layer: string, width: number): Generator<PathAndShape> {
  yield [`${layer}/gamma`, [width]];
  yield [`${layer}/beta`, [width]];
}
