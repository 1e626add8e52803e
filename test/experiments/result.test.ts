import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { experimentResult, readResult, summarize, writeResult } from '../../experiments/result';
import { UserError } from '../../lib/core/errors';
import type { ResultRow } from '../../experiments/result';

const row = (method: string, seed: number, accuracy: number, level?: number, sparsity = 0): ResultRow => ({
  ...{ method, seed, sparsity, metrics: { accuracy, f1: 0 }, steps: 10, seconds: 1 },
  ...(level === undefined ? {} : { level }),
});

describe('summarize', () => {
  it('gives mean, minimum, maximum and count per method and level, in order of appearance', () => {
    const rows = [
      row('ticket', 1, 0.5, 1, 0.25),
      row('dense', 1, 0.75),
      row('ticket', 1, 1, 2, 0.5),
      row('ticket', 2, 1, 1, 0.75),
      row('random', 1, 0.25, 1, 0.5),
    ];
    expect(summarize(rows, 'accuracy')).toEqual([
      { method: 'ticket', level: 1, sparsity: 0.5, n: 2, mean: 0.75, min: 0.5, max: 1 },
      { method: 'dense', sparsity: 0, n: 1, mean: 0.75, min: 0.75, max: 0.75 },
      { method: 'ticket', level: 2, sparsity: 0.5, n: 1, mean: 1, min: 1, max: 1 },
      { method: 'random', level: 1, sparsity: 0.5, n: 1, mean: 0.25, min: 0.25, max: 0.25 },
    ]);
  });

  it('names the row that lacks the metric', () => {
    expect(() => summarize([row('dense', 3, 1)], 'mcc')).toThrow(
      'Expected the metric mcc in the row of dense, seed 3; found accuracy, f1.',
    );
  });
});

describe('result.json', () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'result-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('says in a sentence that it is missing, or damaged', () => {
    const file = path.join(folder, 'result.json');
    expect(() => readResult(file)).toThrow(`Expected a result at ${file}, found no such file.`);
    fs.writeFileSync(file, '{ "task": "toy", "ro');
    expect(() => readResult(file)).toThrow(UserError);
    expect(() => readResult(file)).toThrow(`Expected a result at ${file}, but it is damaged: `);
  });

  const result = experimentResult({
    ...{ task: 'toy', metric: 'accuracy', majority: 0.5 },
    rows: [row('dense', 1, 0.75), row('ticket', 1, 1, 2, 0.5)],
  });

  it('keeps a score that is no number, which JSON does not have', () => {
    const file = path.join(folder, 'result.json');
    const rows = [row('dense', 1, NaN)];
    writeResult(file, experimentResult({ task: 'toy', metric: 'accuracy', majority: NaN, rows }));
    const { majority, summary, rows: read } = readResult(file);
    expect([majority, summary[0]!.mean, read[0]!.metrics['accuracy']]).toEqual([NaN, NaN, NaN]);
  });

  it.each([
    ['[]', 'it is no object'],
    [{ rows: 5 }, 'what it says under rows'],
    [{ rows: [{ ...row('dense', 1, 1), metrics: { accuracy: '1' } }] }, 'what it says under rows'],
    [{ rows: [{ ...row('dense', 1, 1), metrics: { f1: 1 } }] }, 'a row has no "accuracy"'],
    [{ summary: [null] }, 'what it says under summary'],
    [{ metric: null }, 'what it says under metric'],
    [{ winning: { sparsest: {} } }, 'what it says under winning'],
    [{ models: [{ folder: 1 }] }, 'what it says under models'],
  ])('says that %j is damaged', (change, problem) => {
    const file = path.join(folder, 'result.json');
    fs.writeFileSync(file, typeof change === 'string' ? change : JSON.stringify({ ...result, ...change }));
    expect(() => readResult(file)).toThrow(UserError);
    expect(() => readResult(file)).toThrow(`Expected a result at ${file}, but it is damaged: ${problem}`);
  });

  it('reads the one that the documents quote', () => {
    expect(readResult('experiments/results/lth-toy.json').rows.length).toBeGreaterThan(0);
  });

  it('comes back as it was written, into a folder it makes, with no other file beside it', () => {
    const file = path.join(folder, 'run/result.json');
    writeResult(file, result);
    expect(readResult(file)).toEqual(result);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['result.json']);
    expect(Object.keys(JSON.parse(fs.readFileSync(file, 'utf8')))).toEqual([
      ...['task', 'metric', 'majority', 'rows', 'summary', 'winning'],
    ]);
  });

  it('replaces an older result whole', () => {
    const file = path.join(folder, 'result.json');
    fs.writeFileSync(file, 'x'.repeat(100_000));
    writeResult(file, result);
    expect(readResult(file)).toEqual(result);
  });

  it('keeps the old result when the new one cannot be written', () => {
    const file = path.join(folder, 'result.json');
    writeResult(file, result);
    fs.mkdirSync(`${file}.part`);
    expect(() => writeResult(file, { ...result, task: 'other' })).toThrow('EISDIR');
    expect(readResult(file)).toEqual(result);
  });

  it('says in one sentence that there is none', () => {
    expect(() => readResult('nowhere/result.json')).toThrow(
      'Expected a result at nowhere/result.json, found no such file.',
    );
  });
});
