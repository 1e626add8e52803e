import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { forward } from '../../../lib/forward/forward';
import { saveHuggingFace } from '../../../lib/export/hugging-face/folder';
import { bert } from '../../../lib/models/bert';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hugging-face-onnx-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'b'];
const tokenizerFiles = { vocabulary, lowercase: true };
const SIZES = {
  vocabSize: 6,
  layers: 1,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 6,
  maxPositions: 8,
  labels: 3,
  initializerRange: 0.5,
  seed: 1,
};

test.each([
  ['bert' as const, ['input_ids', 'attention_mask', 'token_type_ids']],
  ['distilbert' as const, ['input_ids', 'attention_mask']],
])('the folder of a %s has the program under the names that transformers.js knows', async (family, names) => {
  const model = bert({ ...SIZES, family });
  saveHuggingFace(model, folder, { tokenizerFiles });
  const session = await ort.InferenceSession.create(path.join(folder, 'onnx/model.onnx'));
  expect([session.inputNames, session.outputNames]).toEqual([names, ['logits']]);
  expect(session.inputMetadata.map((input) => (input.isTensor ? [input.type, input.shape] : []))).toEqual(
    names.map(() => ['int64', ['batch_size', 'sequence_length']]),
  );

  const rows = { input_ids: [2, 4, 5, 3, 2, 4, 3, 0], attention_mask: [1, 1, 1, 1, 1, 1, 1, 0] };
  const values: Record<string, number[]> = { ...rows, token_type_ids: [0, 0, 1, 1, 0, 0, 0, 0] };
  const feeds = names.map((name) => [
    name,
    new ort.Tensor('int64', BigInt64Array.from(values[name]!, BigInt), [2, 4]),
  ]);
  const { logits } = await session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
  const xs = Object.values(values).map((numbers) => tf.tensor2d(numbers, [2, 4], 'int32'));
  const expected = forward(model, xs, false).dataSync();
  (logits!.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  expect(logits!.dims).toEqual([2, 3]);
  await session.release();
});

test('the program is left out if asked', () => {
  const plain = path.join(folder, 'plain');
  saveHuggingFace(bert(SIZES), plain, { tokenizerFiles, onnx: false });
  expect(fs.readdirSync(plain).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'vocab.txt',
  ]);
});
