import { bertFields, bertFolders, bertOnly } from './bert';
import { Fields, HuggingFaceFamily, readFields, writeFields } from './family';

const fields = { ...bertFields, embeddingSize: ['embedding_size', 128] } as const satisfies Fields;

export const electra: HuggingFaceFamily = {
  architecture: 'ElectraForSequenceClassification',
  prefix: 'electra',
  folders: {
    ...bertFolders('electra'),
    'embeddings/project': 'electra.embeddings_project',
    pooler: 'classifier.dense',
    classifier: 'classifier.out_proj',
  },
  unused: /^(discriminator_predictions|generator_predictions|generator_lm_head|qa_outputs)\./,
  only: bertOnly,
  read: (json, file) => readFields(json, file, fields),
  write: (config) => writeFields(config, fields),
};
