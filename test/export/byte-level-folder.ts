import { saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import { tiny } from '../models/family-cases';

const VOCABULARY = ['<s>', '<pad>', '</s>', '<unk>', 'a', 'b', 'Ġ', 'ab', 'Ġab', '<mask>'];

const JSON_FILE = {
  added_tokens: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'].map((content) => ({
    id: VOCABULARY.indexOf(content),
    content,
    special: true,
    lstrip: content === '<mask>',
  })),
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2] as const, cls: ['<s>', 0] as const },
  decoder: null,
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(VOCABULARY.slice(0, -1).map((piece, id) => [piece, id])),
    merges: [['a', 'b'] as const, ['Ġ', 'ab'] as const],
  },
};

/** A folder of a tiny RoBERTa. */
export function saveByteLevel(folder: string): void {
  const model = bert({ ...tiny('roberta'), layers: 1 });
  saveHuggingFace(model, folder, {
    tokenizerFiles: { vocabulary: VOCABULARY, lowercase: false, json: JSON_FILE },
    onnx: false,
  });
  model.dispose();
}
