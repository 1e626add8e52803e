import { renderChart, standaloneSvg } from './charts/render';
import { scoreChart } from './charts/score-chart';
import { main } from './main';
import { plainCommand } from './options';
import { readResult } from './result';
import { writeFileAtomically } from '../lib/core/atomic-file';

/** Draws score against sparsity from a `result.json` as one SVG file: the README's picture. */
async function plot(argv: readonly string[]): Promise<void> {
  const [result, picture] = plainCommand(
    'plot',
    'Draws score against sparsity from a result.json as one SVG file.',
  )
    .argument('<result>', 'a result.json')
    .argument('<picture>', 'the SVG file to write')
    .parse(argv, { from: 'user' }).processedArgs as [string, string];
  const svg = await renderChart(scoreChart(readResult(result)));
  writeFileAtomically(picture, standaloneSvg(svg));
}

void main(plot);
