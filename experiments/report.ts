import { renderChart, renderNarrow } from './charts/render';
import type { ChartSpec } from './charts/render';
import { styles } from './report-style';
import { numericColumns } from './table';
import type { TextTable } from './table';
import { writeFileAtomically } from '../lib/core/atomic-file';

export interface ReportChart {
  readonly spec: ChartSpec;
  /** What the reader sees in it; `backticks` make code. */
  readonly caption: string;
}

export interface ReportSection {
  readonly heading: string;
  /** Paragraphs with an empty line between them; `backticks` make code. */
  readonly text?: string;
  readonly charts?: readonly ReportChart[];
  readonly table?: TextTable;
}

export interface HtmlReport {
  readonly title: string;
  /** What was run and what came out, as `ReportSection.text`. */
  readonly intro: string;
  /** The few numbers to remember, shown large: at most four look well. */
  readonly figures?: readonly { readonly value: string; readonly label: string }[];
  readonly sections: readonly ReportSection[];
}

/**
 * Writes a report as one HTML file that needs nothing else: charts are inline SVG, the style is inside, there is no
 * script and no link. It follows the reader's light or dark setting.
 */
export async function writeReport(file: string, report: HtmlReport): Promise<void> {
  const sections = await Promise.all(report.sections.map(sectionHtml));
  writeFileAtomically(file, pageHtml(report, sections));
}

function pageHtml({ title, intro, figures = [] }: HtmlReport, sections: readonly string[]): string {
  const tiles = figures.map(
    ({ value, label }) => `<div><dd>${escape(value)}</dd><dt>${inline(label)}</dt></div>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${styles}</style>
</head>
<body>
<main>
<header>
<h1>${inline(title)}</h1>
${paragraphs(intro)}
${tiles.length > 0 ? `<dl>${tiles.join('')}</dl>` : ''}
</header>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

async function sectionHtml({ heading, text = '', charts = [], table }: ReportSection): Promise<string> {
  const figures = await Promise.all(charts.map(figureHtml));
  const parts = [`<h2>${inline(heading)}</h2>`, paragraphs(text), ...figures, table ? tableHtml(table) : ''];
  return `<section>\n${parts.filter(Boolean).join('\n')}\n</section>`;
}

/** Pixels that a telephone's screen leaves to a chart. */
const NARROW = 352;

async function figureHtml({ spec, caption }: ReportChart): Promise<string> {
  const wide = await renderChart(spec);
  const narrow = await renderNarrow(spec, wide, NARROW);
  const drawn = narrow
    ? `<div class="wide">${wide}</div><div class="narrow">${narrow}</div>`
    : `<div>${wide}</div>`;
  return `<figure>${drawn}<figcaption>${inline(caption)}</figcaption></figure>`;
}

/** A number with more behind it, as `0.97 ± 0.02`: it stays in one line. */
const VALUE = /^[-+−]?\d\S* [±–] \S+$/;

function tableHtml(table: TextTable): string {
  const { columns, rows } = table;
  const isNumber = numericColumns(table);
  const kind = (text: string, i: number) =>
    isNumber[i] ? ' class="number"' : VALUE.test(text) ? ' class="value"' : '';
  const cell = (tag: string) => (text: string, i: number) =>
    `<${tag}${kind(text, i)}>${inline(text)}</${tag}>`;
  const line = (cells: readonly string[], tag: string) => `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('\n');
  return `<div class="table"><table><thead>${line(columns, 'th')}</thead>\n<tbody>\n${body}\n</tbody></table></div>`;
}

function paragraphs(text: string): string {
  const parts = text.split(/\n\s*\n/).filter((part) => part.trim() !== '');
  return parts.map((part) => `<p>${inline(part.trim())}</p>`).join('\n');
}

const inline = (text: string) => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');

function escape(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => names[character]!);
}
