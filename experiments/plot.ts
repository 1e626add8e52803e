import { Command } from 'commander';
import { renderChart, standaloneSvg } from './charts/render';
import { scoreChart } from './charts/score-chart';
import { readResult } from './result';
import { writeFileAtomically } from './write-file';

/** Draws the picture of the README from a result: score against sparsity, as one SVG file. */
async function main(): Promise<void> {
  const [result, picture] = new Command('plot')
    .description('Draws score against sparsity from a result.json as one SVG file.')
    .argument('<result>', 'a result.json')
    .argument('<picture>', 'the SVG file to write')
    .parse().processedArgs as [string, string];
  const svg = await renderChart(scoreChart(readResult(result)));
  writeFileAtomically(picture, standaloneSvg(svg));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
