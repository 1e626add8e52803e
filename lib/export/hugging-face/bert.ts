import { Fields, HuggingFaceFamily, readFields, writeFields } from './family';

/** Fields of `config.json` that BERT's relatives have too. */
export const bertFields = {
  vocabSize: ['vocab_size'],
  layers: ['num_hidden_layers'],
  hiddenSize: ['hidden_size'],
  heads: ['num_attention_heads'],
  intermediateSize: ['intermediate_size'],
  maxPositions: ['max_position_embeddings', 512],
  typeVocabSize: ['type_vocab_size', 2],
  padId: ['pad_token_id', null],
  dropout: ['hidden_dropout_prob', 0.1],
  attentionDropout: ['attention_probs_dropout_prob', 0.1],
  classifierDropout: ['classifier_dropout', null],
  epsilon: ['layer_norm_eps', 1e-12],
  initializerRange: ['initializer_range', 0.02],
} as const satisfies Fields;

/** What BERT's relatives must not have otherwise. */
export const bertOnly = { hidden_act: 'gelu', position_embedding_type: 'absolute', is_decoder: false };

/** Embeddings and encoder, which BERT's relatives name alike but for the prefix. */
export const bertFolders = (prefix: string) => ({
  'embeddings/token': `${prefix}.embeddings.word_embeddings`,
  'embeddings/position': `${prefix}.embeddings.position_embeddings`,
  'embeddings/type': `${prefix}.embeddings.token_type_embeddings`,
  'embeddings/norm': `${prefix}.embeddings.LayerNorm`,
  'encoder/<i>/attention/query': `${prefix}.encoder.layer.<i>.attention.self.query`,
  'encoder/<i>/attention/key': `${prefix}.encoder.layer.<i>.attention.self.key`,
  'encoder/<i>/attention/value': `${prefix}.encoder.layer.<i>.attention.self.value`,
  'encoder/<i>/attention/output': `${prefix}.encoder.layer.<i>.attention.output.dense`,
  'encoder/<i>/attention/norm': `${prefix}.encoder.layer.<i>.attention.output.LayerNorm`,
  'encoder/<i>/ffn/up': `${prefix}.encoder.layer.<i>.intermediate.dense`,
  'encoder/<i>/ffn/down': `${prefix}.encoder.layer.<i>.output.dense`,
  'encoder/<i>/ffn/norm': `${prefix}.encoder.layer.<i>.output.LayerNorm`,
});

export const bert: HuggingFaceFamily = {
  architecture: 'BertForSequenceClassification',
  prefix: 'bert',
  folders: { ...bertFolders('bert'), pooler: 'bert.pooler.dense', classifier: 'classifier' },
  unused: /^(cls|qa_outputs)\./,
  only: bertOnly,
  read: (json, file) => readFields(json, file, bertFields),
  write: (config) => writeFields(config, bertFields),
};
