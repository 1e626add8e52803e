import { paretoFront, Solution } from '../lib/analysis/search/search';
import type { SensitivityTable } from '../lib/analysis/sensitivity/table';
import { frontChart } from './charts/front-chart';
import { lossMap } from './charts/loss-map';
import { lossTable, nameOfUnit, writtenLosses } from './loss-table';
import type { ReportSection } from './report';

/** What was found for a budget of mean bits. */
export interface Searched {
  readonly budget: number;
  readonly solution: Solution;
}

/** What each layer loses by each scheme, and what the best choices lose within each budget. */
export function mixedSections(table: SensitivityTable, searched: readonly Searched[]): ReportSection[] {
  return [sensitivitySection(table), frontSection(table, searched)];
}

function sensitivitySection({ measure, rows }: SensitivityTable): ReportSection {
  const losses = rows.map(({ paths, choice, loss }) => ({ layer: nameOf(paths), change: choice, loss }));
  const { unit, cells } = writtenLosses(losses);
  const caption = `${measure}, in ${nameOfUnit(unit)}, where a row's layers are quantized by a scheme and the others are in floats.`;
  return {
    heading: 'What each layer loses by itself',
    charts: [{ spec: lossMap(cells, 'scheme'), caption }],
    table: lossTable(cells),
  };
}

/** Layers of one parent in short: `encoder/0/attention/{query, key}`. */
function nameOf(paths: readonly string[]): string {
  const parents = new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1)));
  const [parent] = parents;
  if (paths.length === 1 || parents.size > 1) return paths.join(' + ');
  return `${parent}{${paths.map((path) => path.slice(parent!.length)).join(', ')}}`;
}

function frontSection(table: SensitivityTable, searched: readonly Searched[]): ReportSection {
  const pointOf = ({ effectiveBits, loss }: Solution) => ({ cost: effectiveBits, loss });
  const taken = searched.map(({ budget, solution }) => ({ name: `mixed-${budget}`, ...pointOf(solution) }));
  const spec = frontChart(paretoFront(table, 'effectiveBits').map(pointOf), taken, {
    cost: 'mean bits of a weight',
    loss: `${table.measure}, summed`,
  });
  const caption =
    'What the best choices of schemes lose by the table, for any number of bits, and those of the budgets.';
  return { heading: 'Bits against loss', charts: [{ spec, caption }] };
}
