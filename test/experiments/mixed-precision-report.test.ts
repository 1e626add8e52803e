import { renderChart } from '../../experiments/charts/render';
import { mixedSections } from '../../experiments/mixed-precision-report';
import { search } from '../../lib/analysis/search/search';
import type { SensitivityTable } from '../../lib/analysis/sensitivity/table';

const row = (paths: readonly string[], choice: string, bits: number, loss: number) => ({
  ...{ group: paths.join(' + '), paths, choice, parameters: 100, bytes: (bits * 100) / 8, bits, loss },
});
const together = ['encoder/0/attention/query', 'encoder/0/attention/key'];
const table: SensitivityTable = {
  measure: 'output noise, one in',
  rest: { parameters: 0, bytes: 0 },
  rows: [
    ...[row(together, 'int8', 8, 0.01), row(together, 'int4', 4, 0.2)],
    ...[row(['pooler'], 'int8', 8, 0.02), row(['pooler'], 'int4', 4, 0.03)],
  ],
};

test('the report has what layers lose, and the front with the answers that were taken', async () => {
  const searched = [6, 8].map((budget) => ({ budget, solution: search(table, { effectiveBits: budget }) }));
  const sections = mixedSections(table, searched);
  expect(sections[0]!.table).toEqual({
    columns: ['layer', 'int8', 'int4'],
    rows: [
      ['encoder/0/attention/{query, key}', '1.0', '20'],
      ['pooler', '2.0', '3.0'],
    ],
  });
  const [map, front] = await Promise.all(sections.map(({ charts }) => renderChart(charts![0]!.spec)));
  expect(map).toContain('encoder/0/attention/{query, key}');
  expect(front).toContain('mixed-6');
  expect(front).toContain('mean bits of a weight');
});
