import type { PruningTable } from '../lib/analysis/sensitivity/pruning-sensitivity';
import type { SparsityRule } from '../lib/pruning/distributions/layerwise';
import { lossMap } from './charts/loss-map';
import { lossTable, nameOfUnit, WrittenLosses, writtenLosses } from './loss-table';
import type { ReportSection } from './report';
import { shortPercent } from './table';

/** Rules, and the loss that they were made for. */
export interface RulesOfLoss {
  readonly loss: number;
  readonly rules: readonly SparsityRule[];
}

/** A table's losses, as they are written. */
export const pruningLosses = ({ rows }: PruningTable): WrittenLosses =>
  writtenLosses(
    rows.map(({ group, sparsity, loss }) => ({ layer: group, change: shortPercent(sparsity), loss })),
  );

/**
 * What each layer loses, as a plot and a table, and the rules that follow.
 *
 * @param what what is lost, and on what, for people.
 */
export function pruningSections(
  table: PruningTable,
  found: readonly RulesOfLoss[],
  what: string,
): ReportSection[] {
  const { unit, cells } = pruningLosses(table);
  const caption = `In ${nameOfUnit(unit)}: ${what}. The other layers are dense, and nothing is trained.`;
  return [
    {
      heading: 'What each layer loses by itself',
      charts: [{ spec: lossMap(cells, 'sparsity of the layer'), caption }],
      table: lossTable(cells),
    },
    {
      heading: 'Rules',
      text:
        'How far each layer is pruned where it may lose so much by itself: `rules-<loss>.json` beside this report has it for ' +
        '`gradual-pruning-bert.ts --rules`. Losses of several layers add up, roughly.',
      table: rulesTable(table, found),
    },
  ];
}

function rulesTable({ rows }: PruningTable, found: readonly RulesOfLoss[]) {
  const sizes = new Map(rows.map(({ group, parameters }) => [group, parameters]));
  return {
    columns: ['layer', 'weights', ...found.map(({ loss }) => `rules-${loss}`)],
    rows: [...sizes].map(([layer, parameters], i) => [
      ...[layer, String(parameters)],
      ...found.map(({ rules }) => shortPercent(rules[i]!.sparsity)),
    ]),
  };
}
