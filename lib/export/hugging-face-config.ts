import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { BertConfig, ResolvedBertConfig } from '../models/bert-config';

/** What `config.json` says: the architecture, and the names of the classes. */
export interface HuggingFaceConfig {
  readonly bert: BertConfig;
  readonly labels: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** What transformers assumes of fields that are left out, where Whittle can do nothing else. */
const ONLY = {
  model_type: 'bert',
  hidden_act: 'gelu',
  position_embedding_type: 'absolute',
  is_decoder: false,
};

/**
 * Reads the `config.json` of a Hugging Face BERT.
 *
 * @throws UserError for a file that is missing or no JSON, another architecture, or a size that is not a number.
 */
export function readConfig(folder: string): HuggingFaceConfig {
  const file = path.join(folder, 'config.json');
  const json = readJson(file);
  for (const [key, only] of Object.entries(ONLY)) {
    const value = json[key] ?? (key === 'model_type' ? undefined : only);
    if (value !== only) {
      throw new UserError(
        `Expected a BERT with ${key} ${JSON.stringify(only)} in ${file}, got ${JSON.stringify(value)}; choose another model.`,
      );
    }
  }
  const size = (key: string, otherwise?: number): number => {
    const value = json[key] ?? otherwise;
    if (typeof value === 'number') return value;
    throw new UserError(`Expected a number as ${key} in ${file}, got ${JSON.stringify(value)}.`);
  };
  const labels = labelsOf(json, size('num_labels', 2));
  const dropout = size('hidden_dropout_prob', 0.1);
  return {
    labels,
    bert: {
      vocabSize: size('vocab_size'),
      layers: size('num_hidden_layers'),
      hiddenSize: size('hidden_size'),
      heads: size('num_attention_heads'),
      intermediateSize: size('intermediate_size'),
      maxPositions: size('max_position_embeddings', 512),
      typeVocabSize: size('type_vocab_size', 2),
      labels: labels.length,
      regression: labels.length === 1,
      dropout,
      attentionDropout: size('attention_probs_dropout_prob', 0.1),
      classifierDropout: size('classifier_dropout', dropout),
      epsilon: size('layer_norm_eps', 1e-12),
      initializerRange: size('initializer_range', 0.02),
    },
  };
}

function labelsOf({ id2label }: Json, count: number): string[] {
  if (typeof id2label !== 'object' || id2label === null) return defaultLabels(count);
  const names = id2label as Json;
  return Object.keys(names).map((_, i) => String(names[i] ?? `LABEL_${i}`));
}

/** What transformers calls classes without names. */
export function defaultLabels(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `LABEL_${i}`);
}

/**
 * What `config.json` says of a model, for transformers.
 *
 * @throws UserError for layers of different sizes, which such a file cannot tell.
 */
export function configJson(config: ResolvedBertConfig, labels: readonly string[]): Json {
  const [heads, intermediateSize] = [uniform(config, 'heads'), uniform(config, 'intermediateSize')];
  if (heads * config.headSize !== config.hiddenSize) {
    throw new UserError(
      `Expected heads · headSize to be the hidden size ${config.hiddenSize} of a model saved for Hugging Face, got ${heads} · ` +
        `${config.headSize}: the format cannot tell of pruned heads.`,
    );
  }
  return {
    architectures: ['BertForSequenceClassification'],
    ...ONLY,
    vocab_size: config.vocabSize,
    num_hidden_layers: config.layers,
    hidden_size: config.hiddenSize,
    num_attention_heads: heads,
    intermediate_size: intermediateSize,
    max_position_embeddings: config.maxPositions,
    type_vocab_size: config.typeVocabSize,
    hidden_dropout_prob: config.dropout,
    attention_probs_dropout_prob: config.attentionDropout,
    classifier_dropout: config.classifierDropout,
    layer_norm_eps: config.epsilon,
    initializer_range: config.initializerRange,
    pad_token_id: 0,
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    problem_type: config.regression ? 'regression' : 'single_label_classification',
    torch_dtype: 'float32',
  };
}

function uniform(config: ResolvedBertConfig, field: 'heads' | 'intermediateSize'): number {
  const sizes = config[field];
  if (sizes.every((size) => size === sizes[0])) return sizes[0]!;
  throw new UserError(
    `Expected the same ${field} in every layer of a model saved for Hugging Face, got ${sizes.join(', ')}: the format cannot ` +
      'tell of layers of different sizes.',
  );
}

/** @throws UserError if there is no such file or it holds no JSON object. */
export function readJson(file: string): Json {
  const text = readText(file);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // told below
  }
  throw new UserError(`Expected a JSON object in ${file}; download or save the model again.`);
}

/** @throws UserError if there is no such file. */
export function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    throw new UserError(
      `Expected the folder of a Hugging Face BERT with ${path.basename(file)}, but ${file} cannot be read; check the path.`,
    );
  }
}
