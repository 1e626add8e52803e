import * as tf from '@tensorflow/tfjs';
import { BertConfig, ResolvedBertConfig, resolveBertConfig } from './bert-config';
import { truncatedNormal } from './initializer';
import { families, Family } from './family';
import { attention } from './layers/attention';
import { attentionBias } from './layers/attention-bias';
import { countedPositions } from './layers/counted-positions';
import { dropout } from './layers/dropout';
import { firstInput } from './layers/first-input';
import { firstToken } from './layers/first-token';
import { gelu } from './layers/gelu';
import { layerNorm } from './layers/layer-norm';
import { loneBias } from './layers/lone-bias';
import { positionEmbedding } from './layers/position-embedding';
import { problemNote } from './layers/problem-note';
import { tokenEmbedding } from './layers/token-embedding';
import { typeEmbedding } from './layers/type-embedding';
import { usualProblem } from './problem';

type Symbolic = tf.SymbolicTensor;

/** What the parts of the model are built with. */
interface Builder extends Omit<ResolvedBertConfig, 'family'> {
  readonly name: string;
  readonly family: Family;
  /** Applies a layer to symbolic tensors. */
  readonly apply: (layer: tf.layers.Layer, ...inputs: Symbolic[]) => Symbolic;
}

/**
 * A BERT with a head for classes, labels or numbers (Devlin et al. 2018, arXiv:1810.04805), or one of its family (`family`), as a
 * functional `tf.LayersModel` of stock `dense` layers and small own ones.
 *
 * Inputs, all int32 [batch, time]: `inputIds`, `attentionMask` (1 = a token, 0 = padding), `tokenTypeIds`, which a family
 * without token types ignores. Output: logits, or numbers of a regression, [batch, labels]. Paths of the weights, in every family:
 *
 *     embeddings/{token,position,type}/embeddings   embeddings/norm/{gamma,beta}
 *     encoder/<i>/attention/{query,key,value,output}/{kernel,bias}   encoder/<i>/attention/norm/…
 *     encoder/<i>/ffn/{up,down}/{kernel,bias}   encoder/<i>/ffn/norm/…   pooler/…   classifier/…
 *
 * A DistilBERT has no `embeddings/type`; where the embeddings have another width there is `embeddings/project/…`. A layer without heads or
 * without neurons keeps the bias of its output projection: `attention/output/bias`, `ffn/down/bias`.
 *
 * @throws UserError for sizes that do not fit together.
 *
 * @example const model = bert({ ...bertSizes.tiny, vocabSize: 30522, labels: 2, seed: 1 });
 */
export function bert(config: BertConfig): tf.LayersModel {
  return buildModel(builderOf(config, apply));
}

/** `bert` without first values: every weight is 0 and to be overwritten, which spares drawing millions of numbers. */
export function blankBert(config: BertConfig): tf.LayersModel {
  return buildModel(
    builderOf(config, (layer, ...inputs) => {
      layer.setFastWeightInitDuringBuild(true);
      return apply(layer, ...inputs);
    }),
  );
}

function builderOf(config: BertConfig, apply: Builder['apply']): Builder {
  const { family, ...resolved } = resolveBertConfig(config);
  return { ...resolved, name: family, family: families[family], apply };
}

const apply: Builder['apply'] = (layer, ...inputs) =>
  layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Symbolic;

function buildModel(builder: Builder): tf.LayersModel {
  const { apply, family, layers, name } = builder;
  const [ids, mask, types] = [input('inputIds'), input('attentionMask'), input('tokenTypeIds')];
  const bias = apply(attentionBias({ name: 'encoder/mask' }), mask);
  let x = embed(builder, ids, types);
  for (let i = 0; i < layers; i++) {
    const [attention, ffn] = [`encoder/${i}/attention`, `encoder/${i}/ffn`];
    const attended = selfAttention(builder, i, x, bias);
    x = addAndNorm(
      builder,
      attention,
      x,
      family.dropsAttended ? drop(builder, attention, attended) : attended,
    );
    x = addAndNorm(builder, ffn, x, drop(builder, ffn, feedForward(builder, i, x)));
  }
  return tf.model({ name, inputs: [ids, mask, types], outputs: head(builder, x) });
}

function input(name: string): Symbolic {
  return tf.input({ name, shape: [null], dtype: 'int32' });
}

/** [batch, time] ids and types → [batch, time, hiddenSize] */
function embed(builder: Builder, ids: Symbolic, types: Symbolic): Symbolic {
  const { apply, embeddingSize, hiddenSize, epsilon } = builder;
  const tokens = apply(tokenEmbedding(table(builder, 'token', builder.vocabSize)), ids);
  const placed = place(builder, tokens, ids);
  const typed = builder.typeVocabSize
    ? apply(typeEmbedding(table(builder, 'type', builder.typeVocabSize)), placed, types)
    : apply(firstInput({ name: 'embeddings/untyped' }), placed, types);
  const normal = apply(layerNorm({ name: 'embeddings/norm', epsilon }), typed);
  const kept = drop(builder, 'embeddings', normal);
  return embeddingSize === hiddenSize ? kept : apply(dense(builder, 'embeddings/project', hiddenSize), kept);
}

function table(
  { embeddingSize: width, initializerRange: stddev, seed }: Builder,
  name: string,
  rows: number,
) {
  return { name: `embeddings/${name}`, rows, width, stddev, seed };
}

/** Adds to each token the row of its position. */
function place(builder: Builder, tokens: Symbolic, ids: Symbolic): Symbolic {
  const { apply, family, maxPositions, padId } = builder;
  if (!family.countsPositions) {
    return apply(positionEmbedding(table(builder, 'position', maxPositions)), tokens);
  }
  const places = apply(countedPositions({ name: 'embeddings/places', padId, maxPositions }), ids);
  const rows = apply(tokenEmbedding(table(builder, 'position', padId + 1 + maxPositions)), places);
  return apply(tf.layers.add({ name: 'embeddings/placed' }), tokens, rows);
}

function selfAttention(builder: Builder, index: number, x: Symbolic, bias: Symbolic): Symbolic {
  const { apply, headSize, hiddenSize } = builder;
  const name = `encoder/${index}/attention`;
  const heads = builder.heads[index]!;
  if (heads === 0) return apply(loneBias({ name: `${name}/output` }), x);
  const project = (part: string) => apply(dense(builder, `${name}/${part}`, heads * headSize), x);
  const core = attention({ name: `${name}/core`, heads, headSize, dropout: builder.attentionDropout });
  const attended = apply(core, project('query'), project('key'), project('value'), bias);
  return apply(dense(builder, `${name}/output`, hiddenSize), attended);
}

function feedForward(builder: Builder, index: number, x: Symbolic): Symbolic {
  const { apply, hiddenSize } = builder;
  const name = `encoder/${index}/ffn`;
  const neurons = builder.intermediateSize[index]!;
  if (neurons === 0) return apply(loneBias({ name: `${name}/down` }), x);
  const up = apply(dense(builder, `${name}/up`, neurons), x);
  return apply(dense(builder, `${name}/down`, hiddenSize), apply(gelu({ name: `${name}/gelu` }), up));
}

function drop({ apply, dropout: rate }: Builder, name: string, x: Symbolic): Symbolic {
  return apply(dropout({ name: `${name}/dropout`, rate }), x);
}

/** `norm(x + added)`: BERT normalizes after the residual connection. */
function addAndNorm({ apply, epsilon }: Builder, name: string, x: Symbolic, added: Symbolic): Symbolic {
  const sum = apply(tf.layers.add({ name: `${name}/add` }), x, added);
  return apply(layerNorm({ name: `${name}/norm`, epsilon }), sum);
}

/** [batch, time, hiddenSize] → [batch, labels] */
function head(builder: Builder, x: Symbolic): Symbolic {
  const { apply, family, hiddenSize, labels, classifierDropout: rate } = builder;
  const first = apply(firstToken({ name: 'pooler/first' }), x);
  const input = family.dropsBeforePooler ? apply(dropout({ name: 'pooler/dropout', rate }), first) : first;
  const pooled = apply(dense(builder, 'pooler', hiddenSize), input);
  const active = apply(family.activation({ name: 'pooler/activation' }), pooled);
  const kept = apply(dropout({ name: 'classifier/dropout', rate }), active);
  return apply(dense(builder, 'classifier', labels), noted(builder, kept));
}

/** Says what the outputs are where their number alone would be taken for something else. */
function noted({ apply, labels, problem }: Builder, x: Symbolic): Symbolic {
  if (problem === usualProblem(labels)) return x;
  return apply(problemNote({ name: 'classifier/problem', problem }), x);
}

function dense(builder: Builder, name: string, units: number): tf.layers.Layer {
  const { initializerRange: stddev, seed } = builder;
  const kernelInitializer = truncatedNormal({ stddev, seed, path: `${name}/kernel` });
  return tf.layers.dense({ name, units, kernelInitializer });
}
