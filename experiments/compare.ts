import { comparisonTable, differencesTable, readRuns, runsTable } from './comparison';
import { main } from './main';
import { plainCommand } from './options';
import { formatTable, splitColumns } from './table';

/** Shows the rows of several runs in one table, and what the runs were told otherwise. */
function compare(argv: readonly string[]): Promise<void> {
  const [folders] = plainCommand(
    'compare',
    'Shows the rows of several runs side by side, and what differs in their options.',
  )
    .argument('<run...>', 'folders of runs: runs/*')
    .parse(argv, { from: 'user' }).processedArgs as [string[]];
  const runs = readRuns(folders);
  const differences = differencesTable(runs);
  const parts = [
    runsTable(runs),
    comparisonTable(runs),
    ...(differences.rows.length > 0 ? splitColumns(differences) : []),
  ];
  process.stdout.write(`${parts.map((table) => formatTable(table)).join('\n\n')}\n`);
  return Promise.resolve();
}

void main(compare);
