import { modelCard, ModelCard } from '../../experiments/model-card';

const outcome = (method: string, level: number, accuracy: number, more: object = {}) =>
  ({ method, seed: 1, level, sparsity: level / 4, metrics: { accuracy, loss: 1 }, ...more }) as never;

const card: ModelCard = {
  model: {
    ...{ method: 'qat', seed: 1, level: 2, folder: 'model' },
    files: [
      { file: 'config.json', bytes: 700 },
      { file: 'onnx/model_quantized.onnx', bytes: 23_000_000, gzippedBytes: 18_200_000 },
    ],
  },
  config: {
    script: 'qat-bert',
    options: {
      ...{ data: '/home/someone/mine.csv', model: '/home/someone/hub/models--owner--name-x/snapshots/01ab' },
      ...{ epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, seed: 1 },
    },
    environment: { versions: { 'whittle-tfjs': '0.1.0' } } as never,
  },
  task: {
    dataset: { name: 'mine', metric: 'f1' },
    baselines: [{ name: 'majority class', scores: { f1: 0.5, accuracy: 0.25 } }],
    answers: { labels: ['bad', 'go|od'], pairs: false },
  },
  outcomes: [
    outcome('dense', 0, 0.75),
    outcome('qat', 1, 0.5),
    outcome('qat', 2, 0.625, { bits: 8 }),
    outcome('dense', 0, 1, { seed: 2 }),
  ],
};

test('tells what a model was made from, without telling where that lies', () => {
  const text = modelCard(card);
  expect(text).toContain('# qat 2, mine\n');
  expect(text).toContain(
    '`qat-bert` of whittle-tfjs 0.1.0 from `owner/name-x`, with seed 1: epochs 3, batchSize 32',
  );
  expect(text).not.toContain('someone');
  expect(modelCard({ ...card, config: { ...card.config, options: {} } })).toContain(
    'a tiny BERT with random',
  );
});

test('shows its scores beside the dense model of its seed and what needs no model', () => {
  const rows = modelCard(card)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(rows.slice(0, 5)).toEqual([
    '|  | f1 | accuracy | zeros among the pruning targets | bits |',
    '| --- | --- | --- | --- | --- |',
    '| dense |  | 0.7500 | 0.0% |  |',
    '| **qat 2** (this model) |  | 0.6250 | 50.0% | 8 |',
    '| majority class | 0.5000 | 0.2500 |  |  |',
  ]);
  expect(rows.slice(-2)).toEqual([
    '| `config.json` | 700 |  |',
    '| `onnx/model_quantized.onnx` | 23000000 | 18.20 |',
  ]);
});

test('says how to run it, on pairs where it reads those, and that a start for others answers nothing', () => {
  const single = modelCard(card);
  expect(single).toContain("print(classify('a sentence'))");
  expect(single).toContain("await hf.pipeline('text-classification', './')");
  expect(single).toContain('npx whittle-tfjs predict --model . "a sentence"\n');
  const pairs = modelCard({ ...card, task: { ...card.task, answers: { labels: ['a'], pairs: true } } });
  expect(pairs).toContain("'text_pair': 'another one'");
  expect(pairs).toContain("{ text_pair: 'another one' }");
  expect(pairs).toContain('--pair "another one"');
  const start = modelCard({ ...card, task: { ...card.task, answers: undefined } });
  expect(start).toContain('It has no trained classifier');
  expect(start).not.toContain('```');
});
