import fc from 'fast-check';
import { tableDataset, TableOptions } from '../../../datasets/table/table-dataset';
import { fuzzRuns } from '../../fuzz';
import { temporaryFiles } from './files';
import { expectRefusal } from './refusal';

const files = temporaryFiles();
afterAll(() => files.remove());

/** How a program writes a cell. */
type Quote = (cell: string) => string;

const around: Quote = (cell) => `"${cell.replaceAll('"', '""')}"`;

/** Python's QUOTE_MINIMAL: around cells that need it. */
const minimal: Quote = (cell) => (/["\t\n\r,;|]/.test(cell) ? around(cell) : cell);

/** A way in which tables are written. */
interface Habit {
  readonly name: string;
  readonly delimiters: readonly string[];
  readonly quote: Quote;
  /** What texts are made of. */
  readonly characters: readonly string[];
  readonly options?: TableOptions;
  /** Whether a text may be read so. */
  readonly allows?: (text: string) => boolean;
}

const PLAIN = ['a', 'é', '😀', ' ', ',', ';', '|', "'", '\\', '5" '];
const ANY = [...PLAIN, '"', '""', '\n', '\r\n', '\t'];

const HABITS: readonly Habit[] = [
  { name: 'CSV with the quotes it needs', delimiters: [',', ';', '|'], quote: minimal, characters: ANY },
  { name: 'CSV with quotes around all', delimiters: [',', ';', '|'], quote: around, characters: ANY },
  { name: 'TSV with quotes around all', delimiters: ['\t'], quote: around, characters: ANY },
  {
    name: 'TSV without quotes',
    delimiters: ['\t'],
    quote: (cell) => cell,
    characters: [...PLAIN, '"'],
    allows: (text) => !text.startsWith('"'),
  },
  {
    name: 'TSV without quotes, read so',
    delimiters: ['\t'],
    quote: (cell) => cell,
    characters: [...PLAIN, '"'],
    options: { quoting: 'none' },
  },
  {
    name: 'TSV with the quotes it needs, read so',
    delimiters: ['\t'],
    quote: minimal,
    characters: ANY,
    options: { quoting: 'quoted' },
  },
];

const RUNS = fuzzRuns(40);

it.each(HABITS)(
  'random tables of this habit are read: $name',
  async (habit) => {
    const text = fc
      .string({ unit: fc.constantFrom(...habit.characters), minLength: 1, maxLength: 12 })
      .map((cell) => cell.trim())
      .filter((cell) => cell !== '' && (habit.allows?.(cell) ?? true));
    const table = fc.record({
      delimiter: fc.constantFrom(...habit.delimiters),
      lineEnd: fc.constantFrom('\n', '\r\n'),
      more: fc.uniqueArray(fc.constantFrom('', 'id', 'Unnamed: 0', 'a b', 'date'), { maxLength: 3 }),
      order: fc.integer({ min: 0, max: 3 }),
      texts: fc.array(text, { minLength: 2, maxLength: 8 }),
      isEnded: fc.boolean(),
      mark: fc.constantFrom('', '\uFEFF'),
    });
    await fc.assert(
      fc.asyncProperty(table, async ({ delimiter, lineEnd, more, order, texts, isEnded, mark }) => {
        const names: string[] = [...more];
        names.splice(Math.min(order, more.length), 0, 'text');
        names.splice(order % 2 === 0 ? 0 : names.length, 0, 'label');
        const rows = texts.map((cell, i) =>
          names.map((name) => (name === 'text' ? cell : name === 'label' ? `${i % 2}` : `${i}`)),
        );
        const lines = [names, ...rows].map((cells) => cells.map(habit.quote).join(delimiter));
        const content = mark + lines.join(lineEnd) + (isEnded ? lineEnd : '');
        const file = files.write(`${habit.name}.txt`, content);
        const { train } = await tableDataset(file, { ...habit.options, devFile: file });
        expect([...train]).toEqual(texts.map((cell, i) => ({ text: cell, label: i % 2 })));
      }),
      { seed: 1, numRuns: RUNS },
    );
  },
  60_000 + 100 * RUNS,
);

describe('a TSV in which quotes may mean nothing', () => {
  const TABLE =
    'text\tlabel\n"so it began\tpos\nand went on\tneg\nuntil the end"\tpos\nbad\tneg\nfine\tpos\n';
  const read = async (content: string, options: TableOptions = {}) => {
    const file = files.write('a.tsv', content);
    const { train } = await tableDataset(file, { ...options, devFile: file });
    return [...train].map(({ text, label }) => [text, label]);
  };

  it('is refused by the line, and read as it is told to be', async () => {
    await expectRefusal(
      read(TABLE),
      'a.tsv:2: expected a row on a line of its own, got 3 lines between two quotes',
    );
    expect(await read(TABLE, { quoting: 'none' })).toEqual([
      ['"so it began', 1],
      ['and went on', 0],
      ['until the end"', 1],
      ['bad', 0],
      ['fine', 1],
    ]);
    expect(await read(TABLE, { quoting: 'quoted' })).toEqual([
      ['so it began\tpos\nand went on\tneg\nuntil the end', 1],
      ['bad', 0],
      ['fine', 1],
    ]);
  });

  it('is read where its cells of several lines can be nothing else', async () => {
    expect(await read('text\tlabel\n"one\ntwo"\tpos\nbad\tneg\n')).toEqual([
      ['one\ntwo', 1],
      ['bad', 0],
    ]);
  });

  it('says how it is read where a quote is never closed, or closed too early', async () => {
    await expectRefusal(read('text\tlabel\n"so it began\tpos\nbad\tneg\n'), "give `quoting` 'none'");
    await expectRefusal(read('text\tlabel\n"so" it began\tpos\nbad\tneg\n'), 'a.tsv:2: ');
  });
});

describe('a first row that is long', () => {
  const LONG = 'x'.repeat(100_000);

  it('of JSON Lines is read', async () => {
    const file = files.write('a.jsonl', `{"text":"${LONG}","label":1}\n{"text":"b","label":0}\n`);
    const { train } = await tableDataset(file, { devFile: file });
    expect([...train].map(({ text }) => text.length)).toEqual([100_000, 1]);
  });

  it('of CSV tells all columns', async () => {
    const names = Array.from({ length: 6000 }, (_, i) => `column ${i}`);
    const file = files.write(
      'a.csv',
      [
        [...names, 'text', 'label'],
        [...names, 'a', 'x'],
        [...names, 'b', 'y'],
      ]
        .map((row) => row.join(','))
        .join('\n'),
    );
    const { train } = await tableDataset(file, { devFile: file });
    expect([...train].map(({ text }) => text)).toEqual(['a', 'b']);
  });

  it('of more than 4 MiB is refused by its line', async () => {
    const row = `{"text":"${'x'.repeat(2 ** 22)}","label":1}\n`;
    await expectRefusal(
      tableDataset(files.write('a.jsonl', row)),
      'a.jsonl:1: expected lines of at most 4 MiB',
    );
    const header = `text,label,"${'x'.repeat(2 ** 22)}"\na,1,2\n`;
    await expectRefusal(tableDataset(files.write('a.csv', header)), 'a.csv:1: expected');
  });
});

describe('numbers that JavaScript has no room for', () => {
  const read = async (rows: readonly string[], options: TableOptions = {}) => {
    const file = files.write('a.jsonl', rows.join('\n'));
    return tableDataset(file, { ...options, devFile: file });
  };

  it('are classes as they are written', async () => {
    const [one, other] = ['12345678901234567890', '12345678901234567891'];
    const rows = [other, one, '7'].map((label) => `{"text":"say 12345678901234567890","label":${label}}`);
    const { labels, train } = await read(rows);
    expect(labels).toEqual(['7', one, other]);
    expect([...train].map(({ label }) => label)).toEqual([2, 1, 0]);
    expect([...train][0]!.text).toBe('say 12345678901234567890');
  });

  it('stay apart in lists, too', async () => {
    const { labels } = await read(['{"text":"a","label":[1e400,1]}', '{"text":"b","label":[]}']);
    expect(labels).toEqual(['1', '1e400']);
  });

  it.each(['1e39', '1e400', '-1e39'])('are refused as numbers to predict: %s', async (number) => {
    const rows = [`{"text":"a","label":1}`, `{"text":"b","label":${number}}`];
    await expectRefusal(read(rows, { regression: true }), 'a.jsonl:2: expected a number as "label", got');
  });
});
