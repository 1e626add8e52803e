import { curveChart } from '../../../experiments/charts/curve-chart';
import { frontChart } from '../../../experiments/charts/front-chart';
import { layerChart } from '../../../experiments/charts/layer-chart';
import { lossMap } from '../../../experiments/charts/loss-map';
import { methodChart } from '../../../experiments/charts/method-chart';
import { renderChart, standaloneSvg } from '../../../experiments/charts/render';
import type { ChartSpec } from '../../../experiments/charts/render';
import { scoreChart } from '../../../experiments/charts/score-chart';
import { darkRules } from '../../../experiments/charts/theme';
import { experimentResult } from '../../../experiments/result';

const row = (method: string, seed: number, level: number, sparsity: number, mcc: number) => ({
  ...{ method, seed, level, sparsity, metrics: { mcc } },
  ...{ steps: 1, seconds: 1 },
});
const result = experimentResult({
  ...{ task: 'toy', metric: 'mcc', majority: 0 },
  rows: [
    ...[row('dense', 1, 0, 0, 0.5), row('dense', 2, 0, 0, 0.7)],
    ...[row('ticket', 1, 1, 0.5, 0.5), row('ticket', 2, 1, 0.5, 0.7), row('ticket', 1, 2, 0.75, 0.4)],
    ...[row('shuffled', 1, 2, 0.75, 0.1)],
  ],
});
const curves = ['level 0', 'level 1'].flatMap((series) =>
  [0, 1, 2].map((step) => ({ series, step, value: step })),
);
const layers = [
  { path: 'encoder/0/ffn/up/kernel', sparsity: 0.25 },
  { path: 'encoder/0/ffn/up/kernel', sparsity: 0.75 },
];
/** Two layers at nine sparsities; the second gains at first. */
const cells = ['encoder/11/attention/output', 'pooler'].flatMap((layer, row) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenths) => ({
    ...{ layer, change: `${10 * tenths}%`, loss: (tenths - 2 * row) / 10, text: `${tenths}${row}` },
  })),
);
const front = Array.from({ length: 1000 }, (_, i) => ({ cost: 2 + i / 200, loss: (1 - i / 999) ** 2 }));
const specs: [string, ChartSpec][] = [
  ['scores', scoreChart(result)],
  ['methods', methodChart(result)],
  ['curves', curveChart(curves, { title: 'loss', ordered: true })],
  ['layers', layerChart(layers)],
  ['losses', lossMap(cells, 'sparsity')],
  ['a front', frontChart(front, [{ name: 'mixed-4', cost: 4, loss: 0.36 }], { cost: 'bits', loss: 'noise' })],
];

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
const paths = (svg: string, mark: string) =>
  [...svg.matchAll(new RegExp(`<g class="mark-${mark} role-mark[^>]*>(.*?)</g>`, 'g'))].map(
    ([, inner]) => inner!,
  );

describe.each(specs)('the chart of %s', (_, spec) => {
  it('has a dark counterpart for every colour in it', async () => {
    const svg = await renderChart(spec);
    const used = new Set(
      [...svg.matchAll(/(fill|stroke)="(#[0-9a-f]{3,6}|rgb[^"]*|white|black)"/g)].map((m) => m[0]),
    );
    expect(used.size).toBeGreaterThan(2);
    for (const attribute of used) expect(darkRules('svg')).toContain(`svg [${attribute}]{`);
  });

  it('is drawn the same each time', async () => {
    expect(await renderChart(spec)).toBe(await renderChart(spec));
  });
});

describe('scoreChart', () => {
  it('names each method, the dense model and the majority class at the lines’ ends', async () => {
    const svg = await renderChart(scoreChart(result));
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['dense', 'ticket', 'shuffled', 'majority class', 'mcc']),
    );
  });

  it('draws a dot per row and a point per mean', async () => {
    const svg = await renderChart(scoreChart(result));
    const dots = paths(svg, 'symbol').map((inner) => inner.match(/<path/g)!.length);
    expect(dots).toEqual([result.summary.length, result.rows.length]);
  });

  it('starts the line of level 1 at the dense model', async () => {
    const svg = await renderChart(scoreChart(result));
    const points = [
      ...svg.matchAll(/class="mark-line role-mark.*?<path [^>]*d="([^"]*)"[^>]*stroke="#0b69d4"/g),
    ];
    expect(points[0]![1]!.split('L')).toHaveLength(3); // dense, level 1, level 2
  });
});

describe('curveChart', () => {
  const values = (spec: ChartSpec) =>
    (spec.data as unknown as { values: { step: number; value: number }[] }).values;

  it('averages nearby steps and several seeds, and leaves out what is not finite', () => {
    const points = [0, 0, 1, 2, 3].map((step, i) => ({ series: 'a', step, value: [1, 3, 5, NaN, 7][i]! }));
    expect(values(curveChart(points, { title: 'loss', resolution: 2 }))).toEqual([
      { series: 'a', step: expect.closeTo(1 / 3), value: 3 },
      { series: 'a', step: 3, value: 7 },
    ]);
  });

  it('refuses to draw nothing', () => {
    expect(() => curveChart([{ series: 'a', step: 1, value: NaN }], { title: 'loss' })).toThrow(
      'Expected a finite value of "loss" to draw, got none among 1 points.',
    );
  });

  it('keeps at most `resolution` points a curve, the first and last stretch among them', () => {
    const points = Array.from({ length: 1000 }, (_, step) => ({ series: 'a', step, value: step }));
    const drawn = values(curveChart(points, { title: 'loss', resolution: 10 }));
    expect(drawn.map(({ step }) => step)).toEqual(Array.from({ length: 10 }, (_, i) => 49.5 + 100 * i));
  });
});

test('layerChart writes the mean of each path', async () => {
  expect(texts(await renderChart(layerChart(layers)))).toEqual(
    expect.arrayContaining(['encoder/0/ffn/up/kernel', '50.0%']),
  );
});

describe('lossMap', () => {
  const opacities = (svg: string) =>
    [...paths(svg, 'rect')[0]!.matchAll(/ opacity="([^"]*)"/g)].map(([, x]) => Number(x));

  it('writes every loss, in the given order, the stronger coloured the more is lost', async () => {
    const svg = await renderChart(lossMap(cells, 'sparsity'));
    expect(texts(svg).filter((text) => /^\d\d$/.test(text!))).toEqual(cells.map(({ text }) => text));
    const [first, second] = [opacities(svg).slice(0, 9), opacities(svg).slice(9)];
    expect(first).toEqual([...first].sort((a, b) => a - b));
    expect(first.at(-1)).toBe(0.6);
    expect(second.slice(0, 2)).toEqual([0.03, 0.03]); // it gains
  });

  it('can be drawn where nothing is lost, and of one cell', async () => {
    const nothing = [{ layer: 'a', change: '50%', loss: 0, text: '0.0' }];
    expect(opacities(await renderChart(lossMap(nothing, 'sparsity')))).toEqual([0.03]);
  });
});

test('frontChart names what was taken, on a line of no more points than it needs', async () => {
  const svg = await renderChart(
    frontChart(front, [{ name: 'mixed-4', cost: 4, loss: 0.36 }], { cost: 'bits', loss: 'noise' }),
  );
  expect(texts(svg)).toEqual(expect.arrayContaining(['mixed-4', 'bits', 'noise']));
  const line = /class="mark-line role-mark.*?<path [^>]*d="([^"]*)"/.exec(svg)![1]!;
  expect(line.split('L')).toHaveLength(300);
  await expect(renderChart(frontChart([front[0]!], [], { cost: 'bits', loss: 'noise' }))).resolves.toContain(
    '<svg',
  );
});

test('standaloneSvg brings paper and the dark rules into one SVG element', async () => {
  const svg = standaloneSvg(await renderChart(layerChart(layers)));
  expect(svg).toMatch(
    /^<svg [^>]*><style>@media \(prefers-color-scheme: dark\)\{.*<\/style><rect width="100%"/,
  );
  expect(svg.match(/<svg/g)).toHaveLength(1);
});
