import type { Confusion } from './confusion';
import type { ReportSection } from './report';
import { formatTable, percent, splitColumns, TextTable } from './table';

/** A row per class, a column per answer; the share of each class that is found, and of each answer that is right. */
export function confusionTable({ labels, counts }: Confusion): TextTable {
  const right = (i: number) => counts[i]![i]!;
  const answered = labels.map((_, i) => sum(counts.map((row) => row[i]!)));
  return {
    columns: ['is \\ answer', ...labels, 'recall'],
    rows: [
      ...counts.map((row, i) => [labels[i]!, ...row.map(String), shareOf(right(i), sum(row))]),
      ['precision', ...labels.map((_, i) => shareOf(right(i), answered[i]!)), ''],
    ],
  };
}

/** Of nothing there is no share. */
const shareOf = (part: number, whole: number) => (whole === 0 ? '–' : percent(part / whole));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Classes whose matrix the terminal has room for. */
const SHOWN = 12;

/** For the terminal. */
export function describeConfusion(matrix: Confusion): string {
  if (matrix.labels.length > SHOWN)
    return `The confusion matrix of ${matrix.labels.length} classes is in the report.`;
  return splitColumns(confusionTable(matrix))
    .map((table) => formatTable(table))
    .join('\n\n');
}

/** For the report. */
export const confusionSection = (matrix: Confusion): ReportSection => ({
  heading: 'Confusion',
  text: 'What examples of each class were taken for by the model that was kept: rows are true, columns are answered.',
  table: confusionTable(matrix),
});
