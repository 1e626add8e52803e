import { Fields, HuggingFaceFamily, readFields, writeFields } from './family';

const fields = {
  vocabSize: ['vocab_size'],
  layers: ['n_layers'],
  hiddenSize: ['dim'],
  heads: ['n_heads'],
  intermediateSize: ['hidden_dim'],
  maxPositions: ['max_position_embeddings', 512],
  padId: ['pad_token_id', null],
  dropout: ['dropout', 0.1],
  attentionDropout: ['attention_dropout', 0.1],
  classifierDropout: ['seq_classif_dropout', 0.2],
  initializerRange: ['initializer_range', 0.02],
} as const satisfies Fields;

const LAYER = 'distilbert.transformer.layer.<i>';

export const distilbert: HuggingFaceFamily = {
  architecture: 'DistilBertForSequenceClassification',
  prefix: 'distilbert',
  folders: {
    'embeddings/token': 'distilbert.embeddings.word_embeddings',
    'embeddings/position': 'distilbert.embeddings.position_embeddings',
    'embeddings/norm': 'distilbert.embeddings.LayerNorm',
    'encoder/<i>/attention/query': `${LAYER}.attention.q_lin`,
    'encoder/<i>/attention/key': `${LAYER}.attention.k_lin`,
    'encoder/<i>/attention/value': `${LAYER}.attention.v_lin`,
    'encoder/<i>/attention/output': `${LAYER}.attention.out_lin`,
    'encoder/<i>/attention/norm': `${LAYER}.sa_layer_norm`,
    'encoder/<i>/ffn/up': `${LAYER}.ffn.lin1`,
    'encoder/<i>/ffn/down': `${LAYER}.ffn.lin2`,
    'encoder/<i>/ffn/norm': `${LAYER}.output_layer_norm`,
    pooler: 'pre_classifier',
    classifier: 'classifier',
  },
  unused: /^(vocab_transform|vocab_layer_norm|vocab_projector|qa_outputs)\./,
  only: { activation: 'gelu' },
  read: (json, file) => readFields(json, file, fields),
  write: (config) => writeFields(config, fields),
};
