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
    [
      'more layers than tensors',
      () => editConfig({ num_hidden_layers: 2e5 }),
      {},
      /at most as many layers in config\.json as there are tensors in \S+, 41, got 200000; the two are not of one model/,
    ],
    [
      'pieces out of proportion',
      () => editConfig({ vocab_size: 1e9 }),
      {},
      /word_embeddings\.weight is float32 \[9, 8\] instead of float32 \[1000000000, 8\]/,
    ],
    [
      'a width out of proportion',
      () => editConfig({ hidden_size: 1e12 }),
      {},
      /word_embeddings\.weight is float32 \[9, 8\] instead of float32 \[9, 1000000000000\]/,
    ],
    [
      'labels out of proportion',
      () => editConfig({ id2label: null, num_labels: 1e8 }),
      {},
      /classifier\.weight is float32 \[3, 8\] instead of float32 \[100000000, 8\].* the labels differ/,
    ],
    [
      'labels out of proportion, where there is no classifier',
      () => {
        edit((t) => [...t].filter(([name]) => !name.startsWith('classifier')));
        editConfig({ id2label: null, num_labels: 1e8 });
      },
      {},
      /at most as many labels in config\.json of \S+ as pieces, 9, where it has no classifier, got 100000000; give `labels`/,
    ],
    [
      'a label nested deep',
      () => editConfig({ id2label: { 0: JSON.parse('['.repeat(1e3) + ']'.repeat(1e3)) } }),
      {},
      /texts in id2label/,
    ],
    [
      'layers that are no whole number',
      () => editConfig({ num_hidden_layers: 1.5 }),
      {},
      /from 1 as layers of a BERT, got 1\.5/,
    ],
    [
      'an epsilon below 0',
      () => editConfig({ layer_norm_eps: -1 }),
      {},
      /float32 above 0 as epsilon of a BERT, got -1/,
    ],
    [
      'a dropout above 1',
      () => editConfig({ hidden_dropout_prob: 2 }),
      {},
      /rate in \[0, 1\) for dropout of a BERT, got 2/,
    ],
    [
      'weights that are no numbers',
      () =>
        edit((t) => void t.set('bert.pooler.dense.bias', hostTensor(new Float32Array(8).fill(NaN, 3), [8]))),
      {},
      /got NaN as number 3 of bert\.pooler\.dense\.bias: the file is damaged or its training diverged/,
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
