import { bertFields, bertFolders, bertOnly } from './bert';
import { Fields, HuggingFaceFamily, readFields, writeFields } from './family';

/** Positions start behind `pad_token_id`, so that many rows of the position table and one more are of no token. */
const fields = { ...bertFields, padId: ['pad_token_id', 1] } as const satisfies Fields;

export const roberta: HuggingFaceFamily = {
  architecture: 'RobertaForSequenceClassification',
  prefix: 'roberta',
  folders: {
    ...bertFolders('roberta'),
    pooler: 'classifier.dense',
    classifier: 'classifier.out_proj',
  },
  unused: /^(lm_head|qa_outputs|roberta\.pooler)\./,
  only: bertOnly,
  read(json, file) {
    const { padId = 1, maxPositions = 512, ...rest } = readFields(json, file, fields);
    return { ...rest, padId, maxPositions: maxPositions - padId - 1 };
  },
  write: (config) => writeFields({ ...config, maxPositions: config.maxPositions + config.padId + 1 }, fields),
};
