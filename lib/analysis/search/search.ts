import { UserError } from '../../core/errors';
import { rowsByGroup, SensitivityRow, SensitivityTable } from '../sensitivity/table';
import { withinBudget } from './bound';
import { frontOf, Item, Partial, picksOf } from './knapsack';
import type { Choices } from './rules-of';

/** What a model may take at most: one of these. */
export type Budget =
  | {
      /** Of all weights as they are stored. */
      readonly bytes: number;
    }
  | {
      /** Mean bits of all weights, scales and what stays in floats included. */ readonly effectiveBits: number;
    }
  | {
      /** Of the table's batch. */
      readonly latencyMs: number;
    };

/** What a budget limits, and a front trades for loss. */
export type Cost = 'bytes' | 'effectiveBits' | 'latencyMs';

/** A choice for each group, and what comes of them by the table. */
export interface Solution extends Choices {
  /** Σ of the choices' losses. */
  readonly loss: number;
  /** Of the whole model's weights: what `report` says of it once it is converted so. */
  readonly bytes: number;
  /** `8 · bytes / parameters` of the whole model. */
  readonly effectiveBits: number;
  /** Estimated, as if each choice sped up the model by itself: measure what you take (`measureLatency`). */
  readonly latencyMs?: number;
  /** By how much the loss is at most above the least possible one; 0: it is the least. */
  readonly gap: number;
}

/**
 * **The best choices within a budget**: one scheme for each group of layers, so that the sum of their losses is least. Exact, in
 * milliseconds, and without data: search a saved table as often as there are budgets. Of equally good answers it takes the one that
 * costs less, and always the same.
 *
 * The integer program is that of HAWQ-V3 (Yao et al., 2020, arXiv:2011.10680), here solved as a multiple-choice knapsack.
 *
 * @throws UserError for a budget below the least that the choices can take, which it tells, and one that the table knows nothing of.
 *
 * @example
 * const table = await sensitivity(model, { schemes, measure: outputNoise({ data }) });
 * const half = search(table, { bytes: 10e6 });
 * const prepared = prepare(model, rulesOf(half, schemes));
 */
export function search(table: SensitivityTable, budget: Budget): Solution {
  const { cost, most } = limitOf(table, budget);
  const problem = problemOf(table, cost);
  expectPossible(problem, cost, most);
  const keeps = withinBudget(problem.groups, problem.start, most);
  const { partials, gap } = frontOf(problem.groups, { start: problem.start, keeps });
  const best = partials.filter((partial) => partial.cost <= most).at(-1)!;
  return solutionOf(problem, best, gap);
}

/**
 * Every answer that none beats in both cost and loss, the cheapest first. Where there would be more than 20 000 on the way, some that
 * are nearly as good as others are left out, and `gap` says how nearly.
 *
 * @example
 * console.table(paretoFront(table, 'bytes').map(({ bytes, loss }) => ({ bytes, loss })));
 */
export function paretoFront(table: SensitivityTable, cost: Cost): Solution[] {
  const problem = problemOf(table, cost === 'effectiveBits' ? 'bytes' : cost);
  const { partials, gap } = frontOf(problem.groups, { start: problem.start });
  return partials.map((partial) => solutionOf(problem, partial, gap));
}

/** A table as a knapsack. */
interface Problem {
  readonly table: SensitivityTable;
  readonly rows: readonly (readonly SensitivityRow[])[];
  readonly groups: readonly (readonly Item[])[];
  readonly start: Item;
}

function problemOf(table: SensitivityTable, cost: 'bytes' | 'latencyMs'): Problem {
  const rows = [...rowsByGroup(table).values()];
  const startCost = cost === 'bytes' ? table.rest.bytes : table.latencyMs;
  const lacks = startCost === undefined || rows.some((group) => group.some((row) => row[cost] === undefined));
  if (lacks) {
    throw new UserError(
      'Expected latencies in the table to search by them, got none; take them in by withLatency(table, model, …).',
    );
  }
  return {
    table,
    rows,
    groups: rows.map((group) => group.map((row) => ({ cost: row[cost]!, loss: row.loss }))),
    start: { cost: startCost, loss: 0 },
  };
}

interface Limit {
  readonly cost: 'bytes' | 'latencyMs';
  readonly most: number;
}

function limitOf(table: SensitivityTable, budget: Budget): Limit {
  const entries = Object.entries(budget) as [Cost, number][];
  const [cost, most] = entries[0] ?? ['bytes', NaN];
  const isKnown = ['bytes', 'effectiveBits', 'latencyMs'].includes(cost);
  if (entries.length !== 1 || !isKnown || typeof most !== 'number' || Number.isNaN(most)) {
    throw new UserError(
      `Expected one budget, { bytes }, { effectiveBits } or { latencyMs }, got ${JSON.stringify(budget)}.`,
    );
  }
  return cost === 'effectiveBits'
    ? { cost: 'bytes', most: (most * parametersOf(table)) / 8 }
    : { cost, most };
}

/** Of the whole model. */
function parametersOf(table: SensitivityTable): number {
  const groups = [...rowsByGroup(table).values()];
  return groups.reduce((sum, [row]) => sum + row!.parameters, table.rest.parameters);
}

function expectPossible({ groups, start, table }: Problem, cost: Limit['cost'], most: number): void {
  const least = groups.reduce((sum, items) => sum + Math.min(...items.map((item) => item.cost)), start.cost);
  if (least <= most) return;
  const bits = (bytes: number) => `${(8 * bytes) / parametersOf(table)} effective bits`;
  const told = (value: number) => (cost === 'bytes' ? `${value} bytes (${bits(value)})` : `${value} ms`);
  throw new UserError(
    `Expected a budget of at least ${told(least)}, the least that these choices can take, got ${told(most)}; raise it, or give ` +
      'the groups smaller choices.',
  );
}

function solutionOf({ table, rows }: Problem, partial: Partial, gap: number): Solution {
  const chosen = picksOf(partial).map((pick, group) => rows[group]![pick]!);
  const sum = (valueOf: (row: SensitivityRow) => number, start: number) =>
    chosen.reduce((total, row) => total + valueOf(row), start);
  const bytes = sum((row) => row.bytes, table.rest.bytes);
  const isTimed = table.latencyMs !== undefined && chosen.every((row) => row.latencyMs !== undefined);
  return {
    choices: chosen.map(({ group, paths, choice }) => ({ group, paths, choice })),
    loss: partial.loss,
    bytes,
    effectiveBits: (8 * bytes) / parametersOf(table),
    ...(isTimed ? { latencyMs: sum((row) => row.latencyMs!, table.latencyMs) } : {}),
    gap,
  };
}
