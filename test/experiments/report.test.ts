import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { layerChart } from '../../experiments/charts/layer-chart';
import { writeReport } from '../../experiments/report';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'report-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

async function report(): Promise<string> {
  const file = path.join(folder, 'report.html');
  const chart = { spec: layerChart([{ path: 'a', sparsity: 0.5 }]), caption: 'Caption of `a`.' };
  await writeReport(file, {
    title: 'Tickets & <more>',
    intro: 'First.\n\nSecond `code <b>`.',
    figures: [{ value: '0.5', label: 'score' }],
    sections: [
      { heading: 'Charts', text: 'Text.', charts: [chart, chart] },
      {
        heading: 'Table',
        table: {
          columns: ['method', 'score'],
          rows: [
            ['<dense>', '0.5'],
            ['none', ''],
          ],
        },
      },
    ],
  });
  return fs.readFileSync(file, 'utf8');
}

it('needs nothing but itself: no script, no link, no address but the names of SVG', async () => {
  const html = await report();
  expect(html).not.toMatch(/<script|<link|<iframe|<img|@import|url\(|\bhref=|\bsrc=/i);
  const addresses = new Set(html.match(/https?:\/\/[^\s"'<)]+/g));
  expect([...addresses].every((address) => address.startsWith('http://www.w3.org/'))).toBe(true);
});

it('shows every part in order', async () => {
  const html = await report();
  const parts = [
    '<h1>',
    '<p>First.</p>',
    '<p>Second',
    '<dl>',
    'Charts</h2>',
    'Text.',
    '<svg',
    '</figcaption>',
    '<table>',
  ];
  const places = parts.map((part) => html.indexOf(part));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(0);
  expect(html.match(/<svg/g)).toHaveLength(4);
  const narrow = [...html.matchAll(/<div class="narrow"><svg[^>]* width="(\d+)"/g)].map(([, width]) =>
    Number(width),
  );
  expect(narrow).toEqual([352, 352]);
});

it('writes what it is given as text, never as markup, but backticks as code', async () => {
  const html = await report();
  expect(html).toContain('<h1>Tickets &amp; &lt;more&gt;</h1>');
  expect(html).toContain('Second <code>code &lt;b&gt;</code>.');
  expect(html).toContain('<td>&lt;dense&gt;</td><td class="number">0.5</td>');
});
