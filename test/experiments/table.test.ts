import { experimentResult } from '../../experiments/result';
import { formatTable, percent, summaryTable } from '../../experiments/table';

describe('formatTable', () => {
  it('aligns numbers to the right, words to the left, with a rule under the header', () => {
    const table = {
      columns: ['method', 'score'],
      rows: [
        ['dense', '9.5'],
        ['ticket', '10.25'],
        ['none', ''],
      ],
    };
    expect(formatTable(table).split('\n')).toEqual([
      'method  score',
      '─────────────',
      'dense     9.5',
      'ticket  10.25',
      'none',
    ]);
  });

  it('wraps the widest column between words to fit', () => {
    const words = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ');
    const text = formatTable({ columns: ['n', 'words'], rows: [['1', words]] }, 40);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(text.split(/\s+/).filter((word) => word.startsWith('word'))).toHaveLength(31);
  });

  it('fits 80 columns by default', () => {
    const wide = { columns: ['a', 'b', 'c'], rows: [['x '.repeat(60), 'y '.repeat(80), '1.5']] };
    expect(
      Math.max(
        ...formatTable(wide)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBe(80);
  });
});

describe('summaryTable', () => {
  const common = { metrics: { accuracy: 0.5 }, steps: 1, seconds: 1 };

  it('shows each method and level with its spread, and the majority class', () => {
    const result = experimentResult({
      ...{ task: 'toy', metric: 'accuracy', majority: 0.4 },
      rows: [
        { ...common, method: 'dense', seed: 1, level: 0, sparsity: 0 },
        { ...common, method: 'ticket', seed: 1, level: 7, sparsity: 0.7903 },
        { ...common, method: 'ticket', seed: 2, level: 7, sparsity: 0.7903, metrics: { accuracy: 1 } },
      ],
    });
    expect(formatTable(summaryTable(result)).split('\n')).toEqual([
      'method          level  sparsity  accuracy, mean     min     max  seeds',
      '──────────────────────────────────────────────────────────────────────',
      'dense               0      0.0%          0.5000  0.5000  0.5000      1',
      'ticket              7     79.0%          0.7500  0.5000  1.0000      2',
      'majority class                           0.4000',
    ]);
  });

  it('has no level column where nothing has levels', () => {
    const rows = [{ ...common, method: 'qat', seed: 1, sparsity: 0 }];
    const table = summaryTable(experimentResult({ task: 'toy', metric: 'accuracy', majority: 0.4, rows }));
    expect(table.columns).not.toContain('level');
    expect(table.rows.map((row) => row.length)).toEqual([6, 6]);
  });
});

test('percent has one decimal', () => {
  expect([0, 0.5, 0.78964, 0.9999].map(percent)).toEqual(['0.0%', '50.0%', '79.0%', '100.0%']);
});
