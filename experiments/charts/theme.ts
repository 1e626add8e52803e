import type { Config } from 'vega-lite';

/** A colour on a light page and its counterpart on a dark one. */
interface Tone {
  readonly light: string;
  readonly dark: string;
}

const tone = (light: string, dark: string): Tone => ({ light, dark });

const INK = tone('#1f2328', '#e6edf3');
const MUTED = tone('#5b6570', '#9aa3ad');
const GRID = tone('#e3e7eb', '#2b3138');
const AXIS = tone('#b4bcc4', '#4a525b');
const PAPER = tone('#ffffff', '#0f1318');

/** Methods keep their colour in every chart; a method that is not here takes the next of `OTHERS`. */
const METHODS: Readonly<Record<string, Tone>> = {
  dense: tone('#4d5761', '#b5bec7'),
  ticket: tone('#0b69d4', '#5aa7ff'),
  shuffled: tone('#c9510c', '#f2935a'),
  reinit: tone('#8447d6', '#bf94ff'),
};
const OTHERS = [
  tone('#17803d', '#46c265'),
  tone('#bd3a86', '#f57fbf'),
  tone('#956400', '#d9a32c'),
  tone('#0c7f86', '#3fc0c8'),
  tone('#c8323f', '#ff8088'),
  tone('#5460d6', '#939cff'),
];
/** From a first to a last level, through neighbouring hues. */
const RAMP = [
  ...[tone('#8fb4d9', '#4f6b88'), tone('#5f9bd8', '#4f84bd'), tone('#3b7fd1', '#5597e6')],
  ...[tone('#4a63c9', '#7f93f2'), tone('#6a4bbf', '#a68bf5'), tone('#8a37ab', '#c98bea')],
  ...[tone('#a3268a', '#e889cd'), tone('#b0175f', '#ff8fae')],
];

export const colors = { ink: INK.light, muted: MUTED.light, axis: AXIS.light, paper: PAPER.light };

/** The fixed colours of series, by name. */
export function methodColors(names: readonly string[]): string[] {
  const others = names.filter((name) => METHODS[name] === undefined);
  return names.map((name) => (METHODS[name] ?? OTHERS[others.indexOf(name) % OTHERS.length]!).light);
}

/** Colours of `count` ordered levels, spread over the ramp. */
export function levelColors(count: number): string[] {
  const last = RAMP.length - 1;
  return Array.from(
    { length: count },
    (_, i) => RAMP[Math.round(count > 1 ? (i * last) / (count - 1) : last)]!.light,
  );
}

/**
 * Rules that turn a chart's light colours into their dark counterparts. Charts carry the light ones as attributes,
 * so that a program without style sheets shows them too.
 */
export function darkRules(scope: string): string {
  const tones = [INK, MUTED, GRID, AXIS, PAPER, ...Object.values(METHODS), ...OTHERS, ...RAMP];
  return tones
    .flatMap(({ light, dark }) =>
      ['fill', 'stroke'].map((name) => `${scope} [${name}="${light}"]{${name}:${dark}}`),
    )
    .join('');
}

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** Quiet axes, horizontal grid lines, the page's own type. */
export const config: Config = {
  font: FONT.replaceAll('"', "'"),
  background: 'transparent',
  padding: { left: 4, right: 4, top: 12, bottom: 4 },
  view: { stroke: 'transparent' },
  axis: {
    ...{ labelColor: MUTED.light, labelFontSize: 12, labelPadding: 6 },
    ...{ titleColor: MUTED.light, titleFontSize: 12, titleFontWeight: 'normal', titlePadding: 10 },
    ...{ domainColor: AXIS.light, tickColor: AXIS.light, gridColor: GRID.light, tickSize: 4 },
  },
  axisX: { grid: false },
  axisY: { domain: false, ticks: false, titleAngle: 0, titleAlign: 'left', titleAnchor: 'end', titleY: -14 },
  legend: { labelColor: INK.light, labelFontSize: 12, symbolStrokeWidth: 3, symbolSize: 160, title: null },
};
