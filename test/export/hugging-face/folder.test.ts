import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../lib/core/errors';
import { forward } from '../../../lib/forward/forward';
import { HostTensor, hostTensor } from '../../../lib/core/host-tensor';
import { weightsOf } from '../../../lib/core/weights';
import {
  loadHuggingFace,
  LoadHuggingFaceOptions,
  saveHuggingFace,
} from '../../../lib/export/hugging-face/folder';
import { readSafetensors } from '../../../lib/export/safetensors';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { weightOnly } from '../../../lib/compress/scheme';
import { bert } from '../../../lib/models/bert';
import { BertConfig } from '../../../lib/models/bert-config';
import { bertConfigOf } from '../../../lib/models/bert-config-of';
import { encodeTokens } from '../../../lib/models/encoder';
import type { Problem } from '../../../lib/models/problem';
import { expectNoLeak } from '../../leaks';
import * as savedFolder from '../saved-folder';
import { labels, small, tokenizerFiles } from '../saved-folder';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hugging-face-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const int = (row: number[]) => tf.tensor2d([row], undefined, 'int32');
const xs = () => [int([2, 5, 7, 3]), int([1, 1, 1, 1]), int([0, 0, 1, 1])];
const logits = (model: tf.LayersModel) => [...forward(model, xs(), false).dataSync()];

const save = (config?: BertConfig) => savedFolder.save(folder, config);
const edit = (change: Parameters<typeof savedFolder.edit>[1]) => savedFolder.edit(folder, change);
const editConfig = (change: object) => savedFolder.editConfig(folder, change);
const load = (options?: LoadHuggingFaceOptions) => loadHuggingFace(folder, options);

describe('saveHuggingFace and loadHuggingFace', () => {
  it('give the same model back, to the bit', () => {
    const model = save();
    const loaded = load();
    expect(logits(loaded.model)).toEqual(logits(model));
    expect(loaded).toMatchObject({ labels, tokenizerFiles, fresh: [], ignored: [] });
    expect(loaded.config).toMatchObject({ ...small, heads: [2, 2], intermediateSize: [12, 12], seed: 0 });
  });

  it('stores what transformers calls it, dense kernels transposed', () => {
    save();
    const shapes = Object.fromEntries(
      [...readSafetensors(path.join(folder, 'model.safetensors'))].map(([n, t]) => [n, t.shape]),
    );
    expect(shapes).toMatchObject({
      'bert.embeddings.word_embeddings.weight': [9, 8],
      'bert.encoder.layer.1.attention.self.query.bias': [8],
      'bert.encoder.layer.1.intermediate.dense.weight': [12, 8],
      'bert.encoder.layer.0.output.LayerNorm.weight': [8],
      'bert.pooler.dense.weight': [8, 8],
      'classifier.weight': [3, 8],
    });
    const config = JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8'));
    expect(config).toMatchObject({ id2label: { 0: 'no', 1: 'yes', 2: 'maybe' }, label2id: { maybe: 2 } });
  });

  it('saves a regression', () => {
    const model = save({ ...small, labels: 1, problem: 'regression' });
    expect(load().config.problem).toBe('regression');
    expect(logits(load().model)).toEqual(logits(model));
  });

  it.each<[Problem, number, string]>([
    ['single-label', 3, 'single_label_classification'],
    ['multi-label', 3, 'multi_label_classification'],
    ['multi-label', 1, 'multi_label_classification'],
    ['regression', 3, 'regression'],
    ['regression', 1, 'regression'],
  ])('keep the problem: %s of %i', (problem, count, type) => {
    const model = save({ ...small, labels: count, problem });
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8'))).toMatchObject({
      problem_type: type,
    });
    const loaded = load();
    expect(loaded).toMatchObject({ labels: labels.slice(0, count), config: { problem, labels: count } });
    expect(logits(loaded.model)).toEqual(logits(model));
    saveHuggingFace(loaded.model, folder, { tokenizerFiles, labels: loaded.labels });
    expect(load().config.problem).toBe(problem);
  });

  it('leave no tensors behind', async () => {
    const model = save();
    await expectNoLeak(() => saveHuggingFace(model, folder, { tokenizerFiles }));
    await expectNoLeak(() => void load({ newClassifier: true }).model.dispose());
    edit((tensors) => void tensors.delete('classifier.bias'));
    await expectNoLeak(() => expect(() => load()).toThrow(UserError));
  });
});

describe('loadHuggingFace', () => {
  it('takes one output for a number and several for classes where the folder does not say', () => {
    save({ ...small, problem: 'multi-label' });
    editConfig({ problem_type: null });
    expect(load().config.problem).toBe('single-label');
    save({ ...small, labels: 1, problem: 'regression' });
    editConfig({ problem_type: undefined });
    expect(load().config.problem).toBe('regression');
  });

  it('keeps the problem for as many labels of other names, and takes another', () => {
    save({ ...small, problem: 'multi-label' });
    const problemOf = (options: LoadHuggingFaceOptions) =>
      load({ newClassifier: true, ...options }).config.problem;
    expect(problemOf({ labels: ['a', 'b', 'c'] })).toBe('multi-label');
    expect(problemOf({ labels: ['a', 'b'] })).toBe('single-label');
    expect(problemOf({ labels: ['a'] })).toBe('regression');
    expect(problemOf({ problem: 'regression' })).toBe('regression');
    expect(problemOf({ labels: ['a', 'b'], problem: 'multi-label' })).toBe('multi-label');
  });

  it('knows bare encoders, legacy names and stray position ids', () => {
    const model = save();
    edit((tensors) => [
      ...[...tensors].map(([name, tensor]): [string, HostTensor] => [
        name
          .replace(/^bert\./, '')
          .replace('LayerNorm.weight', 'LayerNorm.gamma')
          .replace('LayerNorm.bias', 'LayerNorm.beta'),
        tensor,
      ]),
      ['embeddings.position_ids', hostTensor(Int32Array.of(0, 1, 2), [1, 3])],
    ]);
    expect(logits(load().model)).toEqual(logits(model));
    expect(load().ignored).toEqual([]);
  });

  it('takes a configuration that is older than model_type for a BERT’s', () => {
    const model = save();
    editConfig({ model_type: undefined });
    expect(logits(load().model)).toEqual(logits(model));
  });

  it('starts pooler and classifier anew where they are missing, by seed, and says so', () => {
    save();
    edit((tensors) => [...tensors].filter(([name]) => !/pooler|classifier/.test(name)));
    const loaded = load({ labels: ['a', 'b'], seed: 5 });
    expect(loaded.fresh).toEqual(['pooler/kernel', 'pooler/bias', 'classifier/kernel', 'classifier/bias']);
    expect(loaded.labels).toEqual(['a', 'b']);
    expect(logits(loaded.model)).toHaveLength(2);
    const value = (model: tf.LayersModel, wanted: string) => [
      ...weightsOf(model)
        .find(({ path }) => path === wanted)!
        .variable.dataSync(),
    ];
    expect(value(loaded.model, 'classifier/kernel')).toEqual(
      value(bert({ ...small, labels: 2, seed: 5 }), 'classifier/kernel'),
    );
    expect(value(loaded.model, 'classifier/bias')).toEqual([0, 0]);
    expect(logits(load({ seed: 5 }).model)).not.toEqual(logits(load({ seed: 6 }).model));
  });

  it('starts another classifier when asked to', () => {
    save();
    expect(() => load({ labels: ['a', 'b'] })).toThrow(
      /classifier\.weight is float32 \[3, 8\].*new classifier/,
    );
    const { model, fresh } = load({ labels: ['a', 'b'], newClassifier: true });
    expect(fresh).toEqual(['classifier/kernel', 'classifier/bias']);
    expect(logits(model)).toHaveLength(2);
  });

  it('keeps the first layers', () => {
    const model = save();
    const { model: one, ignored, config } = load({ layers: 1 });
    expect(config.layers).toBe(1);
    expect(ignored).toHaveLength(16);
    expect(ignored.every((name) => name.startsWith('bert.encoder.layer.1.'))).toBe(true);
    const first = tf.model({ inputs: model.inputs, outputs: model.getLayer('encoder/0/ffn/norm').output });
    const hidden = first.apply(xs()) as tf.Tensor;
    expect([...encodeTokens(one, xs()).hidden.dataSync()]).toEqual([...hidden.dataSync()]);
  });

  it('lets dropout be chosen', () => {
    save();
    expect(load({ dropout: 0, attentionDropout: 0.3 }).config).toMatchObject({
      dropout: 0,
      classifierDropout: 0,
      attentionDropout: 0.3,
    });
  });

  it('lists tensors that it has no use for', () => {
    save();
    edit((tensors) => void tensors.set('cls.predictions.bias', hostTensor(Float32Array.of(1), [1])));
    expect(load().ignored).toEqual(['cls.predictions.bias']);
  });
});

describe('saveHuggingFace', () => {
  it('refuses labels of another number', () => {
    expect(() => saveHuggingFace(bert(small), folder, { tokenizerFiles, labels: ['one'] })).toThrow(
      'Expected 3 label(s)',
    );
  });

  it.each<[Partial<BertConfig>, object]>([
    [
      { heads: [2, 1], headSize: 4 },
      { num_attention_heads: [2, 1], attention_head_size: 4, intermediate_size: 12 },
    ],
    [{ heads: [0, 0], headSize: 4 }, { num_attention_heads: [0, 0] }],
    [
      { heads: 1, headSize: 4 },
      { num_attention_heads: [1, 1], attention_head_size: 4 },
    ],
    [{ intermediateSize: [3, 0] }, { num_attention_heads: 2, intermediate_size: [3, 0] }],
    [{ intermediateSize: 3 }, { num_attention_heads: 2, intermediate_size: 3 }],
  ])('tells of layers of different sizes, and keeps them: %j', (change, told) => {
    const model = save({ ...small, ...change });
    const json = JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8')) as object;
    expect(json).toMatchObject(told);
    const loaded = load();
    expect(logits(loaded.model)).toEqual(logits(model));
    expect(load({ layers: 1 }).config.heads).toEqual(bertConfigOf(model).heads.slice(0, 1));
  });

  it('writes the same function in full size', () => {
    const model = bert({ ...small, heads: [0, 1], headSize: 4, intermediateSize: [12, 5] });
    saveHuggingFace(model, folder, { tokenizerFiles, zeros: true });
    const json = JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8')) as object;
    expect(json).toMatchObject({ num_attention_heads: 2, intermediate_size: 12 });
    expect(json).not.toHaveProperty('attention_head_size');
    const full = load().model;
    logits(full).forEach((logit, i) => expect(logit).toBeCloseTo(logits(model)[i]!, 6));
  });

  it('writes no zeros of what is compressed, nor of heads that do not fill the hidden size', () => {
    const prepared = prepare(bert(small), weightOnly());
    const zeros = { tokenizerFiles, zeros: true };
    expect(() => saveHuggingFace(convert(prepared), folder, zeros)).toThrow(
      'Expected a model of floats to save with zeros',
    );
    expect(() => saveHuggingFace(bert({ ...small, heads: 2, headSize: 3 }), folder, zeros)).toThrow(
      'got up to 2 heads, 3 wide',
    );
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});
