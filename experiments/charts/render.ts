import * as vega from 'vega';
import { compile } from 'vega-lite';
import type { TopLevelSpec } from 'vega-lite';
import { colors, config, darkRules } from './theme';

/** What a chart function returns; `renderChart` draws it. */
export type ChartSpec = TopLevelSpec;

/**
 * Vega guesses the width of a text where it has no canvas, at 0.8 em a character; system fonts take little more than
 * half an em, and what is too wide for its place is cut.
 */
const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
interface TextMetrics {
  width(item: { fontSize?: number }, text: unknown): number;
}
textMetrics.width = ({ fontSize = 11 }, text) => Math.ceil(0.57 * fontSize * String(text ?? '').length);

/** Draws a chart as an SVG element, in Node, without a canvas or a browser. */
export async function renderChart(spec: ChartSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile(spec, { config }).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The least that a plot takes of a narrow chart, px. */
const LEAST = 70;

/**
 * Draws a chart anew for a column of so many pixels, in which a drawing for wider ones would shrink until nobody can read it: labels keep
 * their size, the plot between them gives way. Undefined for a chart whose plot is as wide as its cells.
 *
 * @param drawn the same chart as `renderChart` gave it.
 */
export async function renderNarrow(
  spec: ChartSpec,
  drawn: string,
  width: number,
): Promise<string | undefined> {
  const plot = 'width' in spec ? spec.width : undefined;
  if (typeof plot !== 'number') return undefined;
  const labels = Number(/ width="([\d.]+)"/.exec(drawn)![1]) - plot;
  return renderChart({ ...spec, width: Math.max(width - labels, LEAST) } as ChartSpec);
}

/** Makes a file of an SVG element: it brings its own paper, and follows the reader's light or dark setting. */
export function standaloneSvg(svg: string): string {
  const style = `<style>@media (prefers-color-scheme: dark){${darkRules('svg')}}</style>`;
  const paper = `<rect width="100%" height="100%" rx="8" fill="${colors.paper}"/>`;
  return `${svg.replace(/^<svg[^>]*>/, (open) => `${open}${style}${paper}`)}\n`;
}
