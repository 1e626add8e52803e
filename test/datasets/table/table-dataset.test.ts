import * as fs from 'node:fs';
import fc from 'fast-check';
import type { Example } from '../../../datasets/dataset';
import { tableDataset, TableOptions } from '../../../datasets/table/table-dataset';
import { temporaryFiles } from './files';
import { expectRefusal } from './refusal';

const files = temporaryFiles();
afterAll(() => files.remove());

/** All examples of a table, and their classes. */
async function read(name: string, content: string | Buffer, options: TableOptions = {}) {
  const file = files.write(name, content);
  const { train, labels } = await tableDataset(file, { ...options, devFile: file });
  return { examples: [...train], labels };
}

const FINE = [
  { text: 'so fine', label: 1 },
  { text: 'so bad', label: 0 },
];

describe('habits of files that are understood', () => {
  it.each<[string, string, string]>([
    ['commas', 'a.csv', 'text,label\nso fine,pos\nso bad,neg\n'],
    ['no last line end', 'a.csv', 'text,label\nso fine,pos\nso bad,neg'],
    ['Windows line ends', 'a.csv', 'text,label\r\nso fine,pos\r\nso bad,neg\r\n'],
    ['old Mac line ends', 'a.csv', 'text,label\rso fine,pos\rso bad,neg\r'],
    ['mixed line ends', 'a.csv', 'text,label\nso fine,pos\r\nso bad,neg\n'],
    ['semicolons', 'a.csv', 'Text;Label\nso fine;pos\nso bad;neg\n'],
    ['tabs', 'a.tsv', 'label\ttext\npos\tso fine\nneg\tso bad\n'],
    ['bars', 'a.txt', 'label|text\npos|so fine\nneg|so bad\n'],
    ['a byte-order mark', 'a.csv', '\uFEFFtext,label\nso fine,pos\nso bad,neg\n'],
    ['quotes around everything', 'a.csv', '\uFEFF"text","label"\n"so fine","pos"\n"so bad","neg"\n'],
    ['spaces around cells', 'a.csv', 'text, label\n "so fine" , pos\n so bad, neg \n'],
    ['blank lines', 'a.csv', '\n\ntext,label\n\nso fine,pos\n\n \nso bad,neg\n\n'],
    ['further columns', 'a.csv', ',id,text,label,"a, b"\n0,7,so fine,pos,\n1,,so bad,neg,"x\ny"\n'],
    [
      'JSON Lines',
      'a.jsonl',
      '{"text":"so fine","label":"pos"}\n{"label":"neg","more":[1],"text":"so bad"}\n',
    ],
    [
      'JSON Lines, blank lines',
      'a.ndjson',
      '\uFEFF{"text":"so fine","label":"pos"}\r\n\r\n{"text":"so bad","label":"neg"}',
    ],
    [
      'JSON Lines by another name',
      'a.txt',
      '{"text":"so fine","label":"pos"}\n{"text":"so bad","label":"neg"}\n',
    ],
  ])('%s', async (_, name, content) => {
    expect(await read(name, content)).toEqual({ examples: FINE, labels: ['neg', 'pos'] });
  });

  it('quoted cells keep line ends, delimiters and doubled quotes', async () => {
    const { examples } = await read('a.csv', 'text,label\r\n"one,\r\n\r\n ""two"" é",a\r\n"x\ny",b\r\n');
    expect(examples.map(({ text }) => text)).toEqual(['one,\r\n\r\n "two" é', 'x\ny']);
  });

  it('a quote within an unquoted cell stands for itself', async () => {
    const { examples } = await read('a.csv', 'text,label\na 5" screen,a\nsay "hi" now,b\n');
    expect(examples.map(({ text }) => text)).toEqual(['a 5" screen', 'say "hi" now']);
  });

  it('any text comes back from where it stands', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r\n', ' ', 'é', '😀', '\t'),
      minLength: 1,
    });
    const texts = fc.array(
      text.map((inner) => `.${inner}.`),
      { minLength: 2, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom('\n', '\r\n'), async (cells, lineEnd) => {
        const rows = cells.map((cell, i) => `${i % 2},"${cell.replaceAll('"', '""')}"`);
        const csv = await read('a.csv', ['label,text', ...rows, ''].join(lineEnd));
        const lines = cells.map((cell, i) => JSON.stringify({ text: cell, label: i % 2 }));
        const json = await read('a.jsonl', ['', ...lines].join(lineEnd));
        const examples = cells.map((cell, i) => ({ text: cell, label: i % 2 }));
        expect([csv, json].map((table) => table.examples)).toEqual([examples, examples]);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('second texts', async () => {
    const { examples } = await read('a.csv', 'premise,hypothesis,label\na,b,0\nc,d,1\n', {
      textColumn: 'premise',
      pairColumn: 'Hypothesis',
    });
    expect(examples).toEqual<Example[]>([
      { text: 'a', pair: 'b', label: 0 },
      { text: 'c', pair: 'd', label: 1 },
    ]);
  });
});

describe('classes', () => {
  it('are sorted by name', async () => {
    const { labels } = await read('a.csv', 'text,label\na,pos\nb,neg\nc,Neutral\nd,neg\n');
    expect(labels).toEqual(['Neutral', 'neg', 'pos']);
  });

  it('are sorted by value where they are numbers', async () => {
    const { examples, labels } = await read('a.csv', 'text,stars\na,10\nb,2\nc,-1\nd,2\n');
    expect(labels).toEqual(['-1', '2', '10']);
    expect(examples.map(({ label }) => label)).toEqual([2, 1, 0, 1]);
  });

  it('may be 40', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => `row ${i},class ${i % 40}`);
    const { labels } = await read('a.csv', ['text,label', ...rows].join('\n'));
    expect(labels).toHaveLength(40);
  });

  it('of rows to evaluate on are those of the training rows', async () => {
    const file = files.write('train.csv', 'text,label\na,pos\nb,neg\n');
    const devFile = files.write('dev.csv', 'id;label;text\n1;pos;c\n');
    const { train, dev, notes } = await tableDataset(file, { devFile });
    expect([[...train], [...dev], notes]).toEqual([
      [
        { text: 'a', label: 1 },
        { text: 'b', label: 0 },
      ],
      [{ text: 'c', label: 1 }],
      [],
    ]);
    const other = files.write('other.csv', 'text,label\nc,neutral\n');
    await expect(tableDataset(file, { devFile: other })).rejects.toThrow(
      'other.csv:2: expected a "label" that the training rows have (neg, pos), got "neutral"',
    );
  });

  it('are numbers for a regression', async () => {
    const { examples, labels } = await read('a.csv', 'text,score\na,0.5\nb,-1e1\n', { regression: true });
    expect(examples.map(({ label }) => label)).toEqual([0.5, -10]);
    expect(labels).toEqual(['score']);
  });
});

it('holds out a tenth, the same each time, and keeps the first of the others', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => `row ${i},${i < 50 ? 'rare' : 'often'}`);
  const file = files.write('a.csv', ['text,label', ...rows].join('\n'));
  const { name, train, dev, metric, problem, notes } = await tableDataset(file);
  expect({ name, metric, problem }).toEqual({ name: 'a', metric: 'accuracy', problem: 'single-label' });
  expect([train.length, dev.length]).toEqual([180, 20]);
  expect([5, 15]).toEqual([
    [...dev].filter(({ label }) => label === 1).length,
    [...dev].filter(({ label }) => label === 0).length,
  ]);
  expect([...dev.labels]).toEqual([...dev].map(({ label }) => label));
  expect(new Set([...train, ...dev].map(({ text }) => text)).size).toBe(200);
  expect(notes?.[0]).toContain('held out');
  const again = await tableDataset(file, { limit: 7 });
  expect([...again.dev]).toEqual([...dev]);
  expect([...again.train]).toEqual([...train].slice(0, 7));
});

it('notices a file that was changed since', async () => {
  const file = files.write('changed.csv', 'text,label\na,0\nb,1\n');
  const { train } = await tableDataset(file);
  fs.appendFileSync(file, 'c,0\n');
  expect(() => train.at(0)).toThrow('changed.csv to stay as it is');
});

describe('mistakes are told in one sentence with file and line', () => {
  const many = (label: (row: number) => string) =>
    ['text,label', ...Array.from({ length: 50 }, (_, i) => `a,${label(i)}`)].join('\n');
  it.each<[string, string, string | Buffer, TableOptions, string]>([
    ['a missing cell', 'a.csv', 'text,label\na,x\nb\n', {}, 'a.csv:3: expected 2 cells'],
    [
      'a missing cell after a cell of several lines',
      'a.csv',
      'text,label\r\n"a\r\n\r\nb",x\r\nb\r\n',
      {},
      'a.csv:5: ',
    ],
    ['a cell too many', 'a.csv', 'text,label\na,b,x\n', {}, 'a.csv:2: expected 2 cells'],
    [
      'an empty label',
      'a.csv',
      'text,label\na,x\n\n"b\nc",\nd,y',
      {},
      'a.csv:4: expected a label as "label", got an empty',
    ],
    [
      'an empty text',
      'a.csv',
      'text,label\n" ",x\n',
      {},
      'a.csv:2: expected a text as "text", got an empty cell',
    ],
    [
      'an empty second text',
      'a.csv',
      'text,b,label\na,,x\n',
      { pairColumn: 'b' },
      'a.csv:2: expected a text as "b"',
    ],
    [
      'one class',
      'a.csv',
      'text,label\na,x\nb,x\n',
      {},
      'a.csv:2: expected at least two classes as "label", but all 2 rows',
    ],
    ['no rows', 'a.csv', 'text,label\n', {}, 'a.csv:1: expected rows below the first line'],
    ['nothing', 'a.csv', '', {}, 'a.csv:1: expected a line that names the columns'],
    [
      'a quote that is never closed',
      'a.csv',
      'text,label\na,x\n"b,y\nc,x\n',
      {},
      'a.csv:3: expected a closing quote',
    ],
    [
      'text after a quoted cell',
      'a.csv',
      'text,label\n"a\nb",x\n"c" d,y\n',
      {},
      'a.csv:4: expected the end of a cell',
    ],
    [
      'a quote that swallows the rest of a long file',
      'a.csv',
      `text,label\na,x\n"b,y\n${'some words,z\n'.repeat(4e5)}`,
      {},
      'a.csv:3: expected a row of at most 4 MiB',
    ],
    [
      'a long line',
      'a.jsonl',
      `{"text":"a","label":1}\n"${'a'.repeat(2 ** 22)}`,
      {},
      'a.jsonl:2: expected lines of at',
    ],
    ['a misquoted first line', 'a.csv', '"text,label\na,x\n', {}, 'a.csv:1: expected a closing quote'],
    [
      'another encoding',
      'a.csv',
      Buffer.from('text,label\na,x\ncaf\xe9,y\n', 'latin1'),
      {},
      'a.csv:3: expected UTF-8 text',
    ],
    ['UTF-16', 'a.csv', Buffer.from('\uFEFFtext,label\na,x\n', 'utf16le'), {}, 'Expected UTF-8 text in'],
    [
      'columns that cannot be told',
      'a.csv',
      'id,foo,bar\n1,2,3\n',
      {},
      'a.csv:1: expected to tell by their names',
    ],
    [
      'a column that is not there',
      'a.csv',
      'text,label\na,x\n',
      { textColumn: 'txet' },
      'a.csv:1: expected one column called txet',
    ],
    [
      'no number',
      'a.csv',
      'text,label\na,1\nb,one\n',
      { regression: true },
      'a.csv:3: expected a number as "label", got "one"',
    ],
    [
      'one number',
      'a.csv',
      'text,label\na,1\nb,1\n',
      { regression: true },
      'a.csv:2: expected different numbers',
    ],
    [
      'numbers taken for classes',
      'a.csv',
      many((i) => String((i % 24) / 2)),
      {},
      '`regression` predicts numbers',
    ],
    [
      'names taken for classes',
      'a.csv',
      many((i) => `name ${i}`),
      {},
      'a.csv:2: expected classes as "label", each of many rows, got 50',
    ],
    [
      'no JSON',
      'a.jsonl',
      '{"text":"a","label":1}\n\n{"text":"b"\n',
      {},
      'a.jsonl:3: expected a JSON object',
    ],
    [
      'JSON over several lines',
      'a.json',
      '[\n{"text":"a","label":1}\n]\n',
      {},
      'a.json:1: expected a JSON object',
    ],
    [
      'no value',
      'a.jsonl',
      '{"text":"a","label":1}\n{"text":"b"}\n',
      {},
      'a.jsonl:2: expected a label as "label", found none',
    ],
    [
      'a list',
      'a.jsonl',
      '{"text":["a"],"label":1}\n',
      {},
      'a.jsonl:1: expected a text as "text", found none',
    ],
  ])('%s', async (_, name, content, options, message) => {
    const file = files.write(name, content);
    await expectRefusal(tableDataset(file, options), message);
  });

  it('no file', async () => {
    await expect(tableDataset('/nowhere/a.csv')).rejects.toThrow(
      'Expected the file /nowhere/a.csv, found none',
    );
  });
});
