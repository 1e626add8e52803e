import { lossTable, nameOfUnit, writtenLosses } from '../../experiments/loss-table';
import { formatTable, shortPercent, splitColumns } from '../../experiments/table';

const losses = (...values: number[]) =>
  values.map((loss, i) => ({ layer: `layer ${i % 2}`, change: `change ${Math.floor(i / 2)}`, loss }));
const texts = (...values: number[]) => writtenLosses(losses(...values)).cells.map(({ text }) => text);

test('losses are hundredths of few characters, also where layers gain', () => {
  expect(texts(0.5, 0.0994, 0.0996, 0, -0.004, -0.0001, -0.12)).toEqual([
    ...['50', '9.9', '10', '0.0', '-0.4', '0.0', '-12'],
  ]);
  expect(texts(100, 9.99, 0.01)).toEqual(['999+', '999', '1.0']);
});

test('where all are small, the unit is smaller; where none loses anything, hundredths', () => {
  expect(texts(0.0123, 0.0009)).toEqual(['12', '0.9']);
  expect([0.0123, 0.5, 2e-7, 0].map((loss) => nameOfUnit(writtenLosses(losses(loss)).unit))).toEqual([
    ...['units of 1e-3', 'hundredths', 'units of 1e-8', 'hundredths'],
  ]);
});

test('a table has a row for each layer and a column for each change', () => {
  expect(lossTable(writtenLosses(losses(0.1, 0.2, 0.3, 0.4)).cells)).toEqual({
    columns: ['layer', 'change 0', 'change 1'],
    rows: [
      ['layer 0', '10', '30'],
      ['layer 1', '20', '40'],
    ],
  });
});

test('percentages have as many decimals as they need', () => {
  expect([0.1, 0.7, 0.125, 0.3 * 3, 0].map(shortPercent)).toEqual(['10%', '70%', '12.5%', '90%', '0%']);
});

describe('splitColumns', () => {
  const wide = (first: string, count: number) => {
    const cells = Array.from({ length: count }, (_, i) => `${i}.5`);
    return { columns: ['layer', ...cells], rows: [[first, ...cells]] };
  };
  const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

  it('leaves a table as it is that fits', () => {
    const table = wide('encoder/0/attention/output', 9);
    expect(splitColumns(table)).toEqual([table]);
    expect(widest(formatTable(table))).toBeLessThanOrEqual(80);
  });

  it('makes parts of about as many columns, each with the first, that fit', () => {
    const parts = splitColumns(wide('encoder/11/attention/output', 21));
    expect(parts.map(({ columns }) => columns.length)).toEqual([8, 8, 8]);
    expect(parts.every(({ columns, rows }) => columns[0] === 'layer' && rows[0]![0]!.startsWith('enc'))).toBe(
      true,
    );
    expect(parts.flatMap(({ columns }) => columns.slice(1))).toEqual(wide('', 21).columns.slice(1));
    expect(Math.max(...parts.map((part) => widest(formatTable(part))))).toBeLessThanOrEqual(80);
  });

  it('of a first column wider than half of the width, and of one column', () => {
    expect(splitColumns(wide('x '.repeat(50), 3))).toHaveLength(1);
    expect(splitColumns({ columns: ['layer'], rows: [['a']] })).toEqual([
      { columns: ['layer'], rows: [['a']] },
    ]);
  });
});
