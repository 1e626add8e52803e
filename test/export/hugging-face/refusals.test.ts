import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../../../lib/core/errors';
import { hostTensor } from '../../../lib/core/host-tensor';
import { loadHuggingFace, LoadHuggingFaceOptions } from '../../../lib/export/hugging-face/folder';
import * as savedFolder from '../saved-folder';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hugging-face-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const edit = (change: Parameters<typeof savedFolder.edit>[1]) => savedFolder.edit(folder, change);
const editConfig = (change: object) => savedFolder.editConfig(folder, change);

describe('loadHuggingFace', () => {
  it.each<[string, () => void, LoadHuggingFaceOptions, RegExp]>([
    [
      'a missing folder',
      () => fs.rmSync(path.join(folder, 'config.json')),
      {},
      /config\.json cannot be read/,
    ],
    [
      'a missing vocabulary',
      () => ['vocab.txt', 'tokenizer.json'].forEach((file) => fs.rmSync(path.join(folder, file))),
      {},
      /vocab\.txt cannot be read/,
    ],
    [
      'missing weights',
      () => fs.rmSync(path.join(folder, 'model.safetensors')),
      {},
      /model\.safetensors, but it cannot be opened/,
    ],
    [
      'a broken config',
      () => fs.writeFileSync(path.join(folder, 'config.json'), '{'),
      {},
      /Expected a JSON object/,
    ],
    [
      'another architecture',
      () => editConfig({ model_type: 'gpt2' }),
      {},
      /bert, distilbert, roberta, electra as model_type.*got "gpt2"/,
    ],
    ['another activation', () => editConfig({ hidden_act: 'relu' }), {}, /hidden_act "gelu".*got "relu"/],
    [
      'a size that is no number',
      () => editConfig({ hidden_size: '8' }),
      {},
      /number as hidden_size .* got "8"/,
    ],
    [
      'another size',
      () => editConfig({ intermediate_size: 13 }),
      {},
      /layer\.0\.intermediate\.dense\.weight is float32 \[12, 8\] instead of float32 \[13, 8\].*not of one model/,
    ],
    [
      'another problem',
      () => editConfig({ problem_type: 'ranking' }),
      {},
      /single_label_classification, multi_label_classification, regression as problem_type .* got "ranking"/,
    ],
    [
      'one class of which one is right',
      () => editConfig({ id2label: { 0: 'yes' } }),
      {},
      /at least 2 labels for a BERT classifier, got 1/,
    ],
    [
      'a missing tensor',
      () => edit((t) => void t.delete('bert.encoder.layer.1.output.dense.bias')),
      {},
      /but 1 missing: bert\.encoder\.layer\.1\.output\.dense\.bias; config/,
    ],
    [
      'tensors that are missing, of another shape and unknown',
      () =>
        edit((t) => {
          const [query] = [...t.keys()].filter((name) => name.endsWith('0.attention.self.query.bias'));
          t.set('bert.encoder.layer.0.attention.self.q.bias', t.get(query!)!);
          t.delete(query!);
          t.set('bert.pooler.dense.bias', hostTensor(Int32Array.of(1), [1]));
          t.set('cls.predictions.bias', hostTensor(Float32Array.of(1), [1])); // of another task
        }),
      {},
      new RegExp(
        'but 1 missing: bert.encoder.layer.0.attention.self.query.bias; 1 of another shape: bert.pooler.dense.bias is int32 ' +
          '\\[1\\] instead of float32 \\[8\\]; 1 unknown: bert.encoder.layer.0.attention.self.q.bias; config.json and',
      ),
    ],
    [
      'many missing tensors',
      () => edit((t) => [...t].filter(([name]) => !name.includes('encoder'))),
      {},
      /but 32 missing: bert\.encoder\.layer\.0\.(\S+, ){8}and 24 more; config/,
    ],
    [
      'a tensor by two names',
      () => edit((t) => void t.set('pooler.dense.bias', hostTensor(new Float32Array(8), [8]))),
      {},
      /Expected bert\.pooler\.dense\.bias once .* by two names/,
    ],
    [
      'a longer vocabulary',
      () => {
        fs.rmSync(path.join(folder, 'tokenizer.json'));
        fs.appendFileSync(path.join(folder, 'vocab.txt'), 'c\nd\n');
      },
      {},
      /at most 9 pieces .* got 10/,
    ],
    ['too many layers', () => {}, { layers: 3 }, /at most the 2 layers .* got 3/],
    ['no layers', () => {}, { layers: 0 }, /layers of a BERT, got 0/],
  ])('refuses %s', (_, damage, options, message) => {
    savedFolder.save(folder);
    damage();
    expect(() => loadHuggingFace(folder, options)).toThrow(UserError);
    expect(() => loadHuggingFace(folder, options)).toThrow(message);
  });
});
