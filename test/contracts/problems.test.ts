import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { batchSource } from '../../datasets/batches';
import { tokenizerOf } from '../../datasets/tokenizer/tokenizer-of';
import { answerTable } from '../../experiments/answer-table';
import { expectTrained, outputsOf } from '../../experiments/answers';
import { loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { meanSquaredError, sigmoidCrossEntropy } from '../../trainers/losses';
import { pearson } from '../../trainers/metrics';
import { labelAccuracy, microF1 } from '../../trainers/multi-label-metrics';
import { adamW } from '../../trainers/optimizer';
import { constantRate } from '../../trainers/schedules';
import { train } from '../../trainers/trainer';

/** Several labels, and several numbers, of one text: trained, saved, loaded, and asked. */

const tokenizerFiles = {
  vocabulary: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'wet', 'cold', 'day'],
  lowercase: true,
};
const WEATHER = ['day', 'wet day', 'cold day', 'wet cold day'];
const LABELS = ['wet', 'cold'];

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'problems-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const sourceOf = (labelOf: (text: string) => number[]) =>
  batchSource(
    WEATHER.map((text) => ({ text, label: labelOf(text) })),
    tokenizerOf(tokenizerFiles),
    { batchSize: 2, maxLength: 8, shuffle: false },
  );

const small = { vocabSize: 8, layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 8, maxPositions: 8 };
const untouched = { dropout: 0, attentionDropout: 0, initializerRange: 0.3, seed: 1 };

const optimizing = { optimizer: adamW(), learningRate: constantRate(0.02), epochs: 40, evaluateEvery: 80 };

async function answers() {
  const loaded = loadHuggingFace(folder);
  expectTrained(loaded, folder);
  const outputs = await outputsOf(
    loaded,
    WEATHER.map((text) => ({ text })),
  );
  return answerTable(WEATHER, outputs, { problem: loaded.config.problem, labels: loaded.labels });
}

test.each([
  ['compiled', compiledEngine()],
  ['eager', eagerEngine({ backend: 'cpu' })],
])('several labels are learned on the %s engine, saved, and answered by probability', async (_, engine) => {
  const model = bert({ ...small, ...untouched, problem: 'multi-label', labels: 2 });
  const data = sourceOf((text) => LABELS.map((label) => Number(text.includes(label))));
  const metrics = { labelAccuracy, microF1 };
  const result = await train({
    model,
    data,
    dev: data,
    engine,
    loss: sigmoidCrossEntropy,
    metrics,
    ...optimizing,
  });
  expect(result.losses[0]).toBeGreaterThan(0.4);
  expect(result.evaluations.at(-1)!.metrics).toMatchObject({ labelAccuracy: 1, microF1: 1 });
  saveHuggingFace(model, folder, { tokenizerFiles, labels: LABELS });
  const { columns, rows } = await answers();
  expect(columns).toEqual(['sentence', 'labels', 'wet', 'cold']);
  expect(rows.map(([, labels]) => labels)).toEqual(['none', 'wet', 'cold', 'wet, cold']);
  for (const [, , wet, cold] of rows) for (const share of [wet, cold]) expect(share).toMatch(/^\d+\.\d%$/);
  model.dispose();
});

test('several numbers are learned, saved and answered', async () => {
  const model = bert({ ...small, ...untouched, problem: 'regression', labels: 2 });
  const data = sourceOf((text) => [text.split(' ').length, text.includes('wet') ? -1 : 1]);
  const result = await train({
    model,
    data,
    dev: data,
    loss: meanSquaredError,
    metrics: { pearson },
    ...optimizing,
  });
  expect(result.losses.at(-1)).toBeLessThan(0.05);
  expect(result.evaluations.at(-1)!.metrics['pearson']).toBeGreaterThan(0.9);
  saveHuggingFace(model, folder, { tokenizerFiles, labels: ['words', 'dryness'] });
  const { columns, rows } = await answers();
  expect(columns).toEqual(['sentence', 'words', 'dryness']);
  expect(rows.map(([, words]) => Math.round(Number(words)))).toEqual([1, 2, 2, 3]);
  expect(rows.map(([, , dryness]) => Math.sign(Number(dryness)))).toEqual([1, -1, 1, -1]);
  model.dispose();
});
