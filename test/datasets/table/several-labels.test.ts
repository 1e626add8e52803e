import type { Batch } from '../../../datasets/batch';
import { batchSource } from '../../../datasets/batches';
import { tableDataset, TableOptions } from '../../../datasets/table/table-dataset';
import { wordPiece } from '../../../datasets/tokenizer/tokenizer';
import { lines, tagged, temporaryFiles } from './files';

const files = temporaryFiles();
afterAll(() => files.remove());

/** A table, to train and to evaluate on. */
async function read(name: string, content: string, options: TableOptions = {}) {
  const file = files.write(name, content);
  const { train, labels, problem, metric } = await tableDataset(file, { devFile: file, ...options });
  return { labels, problem, metric, rows: Array.from(train, ({ label }) => label) };
}

describe('labels of 0 and 1', () => {
  const options = { labelColumn: ['toxic', 'insult'] };
  const wanted = {
    ...{ labels: ['toxic', 'insult'], problem: 'multi-label', metric: 'micro-f1' },
    rows: [
      [1, 0],
      [0, 1],
      [0, 0],
    ],
  };

  it.each([
    ['0 and 1', 'insult,text,toxic\n0,a,1\n1,b,0\n0,c,0\n'],
    ['no and yes', 'insult,text,toxic\nno,a,Yes\nYES,b,no\nNo,c,no\n'],
    ['false and true', 'insult,text,toxic\nFALSE,a,TRUE\ntrue,b,false\nfalse,c,False\n'],
    ['numbers as pandas writes them', 'insult,text,toxic\n0.0,a,1.0\n1.0,b,0.0\n0,c,0\n'],
    ['tabs', 'text\ttoxic\tinsult\na\t1\t0\nb\t0\t1\nc\t0\t0\n'],
  ])('are read from columns with %s, in the order that was asked for', async (_, content) => {
    expect(await read('a.csv', content, options)).toEqual(wanted);
  });

  it('are read from JSON Lines', async () => {
    const rows = [
      { text: 'a', toxic: true, insult: 0 },
      { text: 'b', toxic: 0, insult: '1' },
      { text: 'c', toxic: false, insult: false },
    ];
    expect(await read('a.jsonl', lines(...rows), options)).toEqual(wanted);
  });

  it('may be one column, where that is asked for by a list', async () => {
    const one = await read('a.csv', 'text,toxic\na,1\nb,0\n', { labelColumn: ['toxic'] });
    expect(one).toMatchObject({ labels: ['toxic'], problem: 'multi-label', rows: [[1], [0]] });
    const classes = await read('a.csv', 'text,toxic\na,1\nb,0\n', { labelColumn: 'toxic' });
    expect(classes).toMatchObject({ labels: ['0', '1'], problem: 'single-label', rows: [1, 0] });
  });

  it('may be one of those that no row has, which is told', async () => {
    const file = files.write('a.csv', 'text,toxic,insult\na,1,0\nb,0,0\n');
    const { notes, labels } = await tableDataset(file, { ...options, devFile: file });
    expect(labels).toEqual(['toxic', 'insult']);
    expect(notes).toEqual(['the same in all rows, so that nothing is learned of them: insult']);
  });

  it('may be wrong everywhere in rows to evaluate on', async () => {
    const devFile = files.write('dev.csv', 'insult;toxic;text\n0;0;d\n');
    const file = files.write('train.csv', 'text,toxic,insult\na,1,0\nb,0,0\n');
    const { dev } = await tableDataset(file, { ...options, devFile });
    expect([...dev]).toEqual([{ text: 'd', label: [0, 0] }]);
  });
});

describe('lists of labels', () => {
  it('are the labels that occur, sorted as classes are', async () => {
    expect(await read('a.jsonl', tagged(['toxic', 'insult'], [], ['insult'], ['Spam']))).toEqual({
      ...{ labels: ['Spam', 'insult', 'toxic'], problem: 'multi-label', metric: 'micro-f1' },
      rows: [
        [0, 1, 1],
        [0, 0, 0],
        [0, 1, 0],
        [1, 0, 0],
      ],
    });
    const numbers = await read('a.jsonl', tagged([10, 2], [], ['2']));
    expect(numbers).toMatchObject({
      labels: ['2', '10'],
      rows: [
        [1, 1],
        [0, 0],
        [1, 0],
      ],
    });
  });

  it('of rows to evaluate on are those of the training rows, which need not all occur', async () => {
    const file = files.write('train.jsonl', tagged(['b'], ['c', 'a'], []));
    const devFile = files.write('dev.jsonl', tagged([], ['c']));
    const { dev, labels } = await tableDataset(file, { devFile });
    expect(labels).toEqual(['a', 'b', 'c']);
    expect(Array.from(dev, ({ label }) => label)).toEqual([
      [0, 0, 0],
      [0, 0, 1],
    ]);
  });
});

describe('several numbers', () => {
  it.each<[string, string, string, TableOptions, string[]]>([
    [
      'columns',
      'a.csv',
      'text,joy,fear\na,1.5,0\nb,-2,1e1\n',
      { labelColumn: ['joy', 'fear'] },
      ['joy', 'fear'],
    ],
    ['lists', 'a.jsonl', tagged([1.5, 0], ['-2', 10]), {}, ['labels_0', 'labels_1']],
  ])('are read from %s', async (_, name, content, options, labels) => {
    expect(await read(name, content, { ...options, regression: true })).toEqual({
      ...{ labels, problem: 'regression', metric: 'pearson' },
      rows: [
        [1.5, 0],
        [-2, 10],
      ],
    });
  });
});

describe('many rows', () => {
  const ROWS = 400;
  /** Every second row is `often`, every twentieth `rare`, and half of those `rarer`, too. */
  let file: string;
  beforeAll(() => {
    file = files.write(
      'many.jsonl',
      tagged(
        ...Array.from({ length: ROWS }, (_, i) => [
          ...(i % 2 ? ['often'] : []),
          ...(i % 20 ? [] : ['rare']),
          ...(i % 40 ? [] : ['rarer']),
        ]),
      ),
    );
  });

  it('give a tenth of the rows of every label, the same each time', async () => {
    const { train, dev, labels, notes } = await tableDataset(file);
    expect(labels).toEqual(['often', 'rare', 'rarer']);
    expect([train.length, dev.length]).toEqual([360, 40]);
    const held = labels.map((_, label) =>
      Array.from(dev, (example) => (example.label as number[])[label]!).reduce((sum, flag) => sum + flag),
    );
    expect(held).toEqual([20, 2, 1]);
    expect(new Set([...train, ...dev].map(({ text }) => text)).size).toBe(ROWS);
    expect(notes).toEqual([expect.stringContaining('a tenth of the rows of each label is held out')]);
    const again = await tableDataset(file, { limit: 7 });
    expect([...again.dev]).toEqual([...dev]);
    expect([...again.train]).toEqual([...train].slice(0, 7));
  });

  it('are kept in one typed array, and make the batches of examples in memory', async () => {
    const { train } = await tableDataset(file);
    expect(train.labels).toBeInstanceOf(Float32Array);
    expect([train.labels.length, train.outputs]).toEqual([360 * 3, 3]);
    expect(Array.from(train, ({ label }) => label).flat()).toEqual([...train.labels]);
    const options = { batchSize: 32, shuffle: false };
    const batches = await gather(batchSource(train, tokenizer, options).epoch(0));
    expect(batches).toEqual(await gather(batchSource([...train], tokenizer, options).epoch(0)));
    expect(batches[0]!.ys).toMatchObject({ dtype: 'float32', shape: [32, 3] });
  });
});

const tokenizer = wordPiece(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'row']);

async function gather(epoch: AsyncIterable<Batch>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of epoch) batches.push(batch);
  return batches;
}
