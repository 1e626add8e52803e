import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import * as tf from '@tensorflow/tfjs';
import { parse } from 'csv-parse/sync';
import { answerRows } from '../../experiments/answer-rows';
import { outputsOf } from '../../experiments/answers';
import { softmax } from '../../experiments/probabilities';
import { lineRows, tableRows } from '../../experiments/text-rows';
import { LoadedHuggingFace, loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import type { Problem } from '../../lib/models/problem';

const WORDS = ['a', 'wet', 'dry', 'day'];
const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...WORDS];
const SIZES = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 16 };

let folder: string;
const at = (name: string) => path.join(folder, name);
let loaded: LoadedHuggingFace;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-answers-'));
  save('model', ['no', 'yes']);
  loaded = loadHuggingFace(at('model'));
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

function save(name: string, labels: readonly string[], problem?: Problem) {
  const model = bert({ ...SIZES, vocabSize: VOCABULARY.length, labels: labels.length, problem });
  saveHuggingFace(model, at(name), { tokenizerFiles: { vocabulary: VOCABULARY, lowercase: true }, labels });
  model.dispose();
}

const TABLE = 'id,text,note\n7,"a wet, wet day","said ""so"""\n8,a dry day,\n';
const write = (name: string, text: string) => (fs.writeFileSync(at(name), text), at(name));
const answer = (table: string, out: string) =>
  answerRows(loaded, tableRows(table, {}), { model: at('model'), out });

it('writes the rows of a table with their answers behind their cells', async () => {
  const table = write('in.csv', TABLE);
  const { data } = await outputsOf(loaded, [{ text: 'a wet, wet day' }, { text: 'a dry day' }]);
  const probabilities = [0, 2].map((i) => softmax((data as Float32Array).subarray(i, i + 2)));
  const answers = probabilities.map(([no, yes]) => [no! > yes! ? 'no' : 'yes', String(no), String(yes)]);
  for (const [out, delimiter] of [
    ['out.csv', ','],
    ['out.tsv', '\t'],
  ] as const) {
    expect(await answer(table, at(out))).toBe(2);
    expect(parse(fs.readFileSync(at(out)), { delimiter })).toEqual([
      ['id', 'text', 'note', 'answer', 'p(no)', 'p(yes)'],
      ['7', 'a wet, wet day', 'said "so"', ...answers[0]!],
      ['8', 'a dry day', '', ...answers[1]!],
    ]);
  }
  await answer(table, at('out.jsonl'));
  const [first] = fs.readFileSync(at('out.jsonl'), 'utf8').split('\n');
  expect(JSON.parse(first!)).toEqual({
    ...{ id: '7', text: 'a wet, wet day', note: 'said "so"' },
    ...{ answer: answers[0]![0], 'p(no)': probabilities[0]![0], 'p(yes)': probabilities[0]![1] },
  });
});

it.each([
  ['multi-label', ['wet', 'dry'], ['answers', 'p(wet)', 'p(dry)']],
  ['regression', ['mood'], ['answer']],
  ['regression', ['mood', 'rain'], ['answer(mood)', 'answer(rain)']],
] as const)('a %s model of %j has columns of its own', async (problem, labels, columns) => {
  const name = `${problem}-${labels.length}`;
  save(name, labels, problem);
  const out = at(`${name}.csv`);
  await answerRows(loadHuggingFace(at(name)), tableRows(write('in.csv', TABLE), {}), { model: name, out });
  const [header, row] = parse(fs.readFileSync(out)) as string[][];
  expect(header!.slice(3)).toEqual(columns);
  row!.slice(problem === 'multi-label' ? 4 : 3).forEach((cell) => expect(Number(cell)).not.toBeNaN());
});

it('reads quotes as it is told', async () => {
  const table = write('in.tsv', 'text\tid\n"a wet\t1\na day"\t2\n');
  const doubtful = answerRows(loaded, tableRows(table, {}), { model: '', out: at('quotes.tsv') });
  await expect(doubtful).rejects.toThrow(/in\.tsv:2: expected a row on a line of its own/);
  const rows = tableRows(table, { quoting: 'none' });
  expect(await answerRows(loaded, rows, { model: '', out: at('quotes.tsv') })).toBe(2);
});

it('answers more lines than are held at once, in their order', async () => {
  const lines = Array.from({ length: 4100 }, (_, i) => (i % 3 ? 'a wet day' : 'a dry day'));
  const rows = lineRows('lines', Readable.from([Buffer.from(`\n${lines.join('\r\n')}`)]));
  expect(await answerRows(loaded, rows, { model: '', out: at('lines.csv') })).toBe(4100);
  const answered = parse(fs.readFileSync(at('lines.csv')), { from: 2 }) as string[][];
  expect(answered.map(([text]) => text)).toEqual(lines);
  expect(new Set(answered.map((cells) => cells.join())).size).toBe(2);
});

it.each([
  ['text,answer\na,b\n', 'twice.csv', /got "answer" twice; rename it in the file/],
  ['text,n\na,1\n,2\n', 'empty.csv', /in\.csv:3: expected a text as "text", got an empty cell/],
  [
    'words,n\na,1\n',
    'named.csv',
    /in\.csv:1: expected to tell by its name which column is the text, got "words", "n"; give `textColumn`/,
  ],
  ['text\n\n', 'none.csv', /Expected texts to answer, found none/],
  [TABLE, 'model', /Expected --out to end with \.csv, \.tsv, \.jsonl/],
  [TABLE, 'in.csv', /Expected a new file at --out, but .*in\.csv is there/],
])('%j to %s is refused, and leaves no file', async (text, out, message) => {
  const table = write('in.csv', text);
  await expect(async () => answer(table, at(out))).rejects.toThrow(message);
  expect(fs.readFileSync(table, 'utf8')).toBe(text);
  if (out !== 'in.csv' && out !== 'model') expect(fs.readdirSync(path.dirname(at(out)))).not.toContain(out);
});

it('what is no number leaves no file', async () => {
  const broken = loadHuggingFace(at('model'));
  const { weights } = broken.model.getLayer('classifier');
  tf.tidy(() => weights.forEach((weight) => weight.write(tf.fill(weight.shape as number[], Infinity))));
  const rows = tableRows(write('in.csv', TABLE), {});
  const answers = answerRows(broken, rows, { model: 'broken', out: at('broken.csv') });
  await expect(answers).rejects.toThrow(
    /answers of broken, got (NaN|-?Infinity) for text 1: its weights are broken/,
  );
  expect(fs.readdirSync(at('.')).filter((name) => name.startsWith('broken'))).toEqual([]);
});
