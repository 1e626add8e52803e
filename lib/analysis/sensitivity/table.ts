import { UserError } from '../../core/errors';

/** What one choice for one group of layers costs, and what is lost by it. */
export interface SensitivityRow {
  /** Name of the group. */
  readonly group: string;
  /** Paths of its layers. */
  readonly paths: readonly string[];
  /** Name of the scheme. */
  readonly choice: string;
  /** Values of its kernels and tables. */
  readonly parameters: number;
  /** What they take as they are stored, scales included: what `report` says. */
  readonly bytes: number;
  /** Mean bits of a value as it is stored: `8 · bytes / parameters`. */
  readonly bits: number;
  /** What is lost, in the measure's unit, less being better: losses of several groups add up. */
  readonly loss: number;
  /** What the choice adds to the model's latency in floats; below 0 where it is faster. */
  readonly latencyMs?: number;
}

/** All that a search needs: plain data, the same again after `JSON.parse(JSON.stringify(table))`. */
export interface SensitivityTable {
  /** What `loss` is: `output noise, one in`. */
  readonly measure: string;
  /** What is in no group and stays as it is: biases, norms, layers that were left out. */
  readonly rest: {
    /** Values of those weights. */
    readonly parameters: number;
    /** What they take as they are. */
    readonly bytes: number;
  };
  /** Of the model in floats; where rows have latencies. */
  readonly latencyMs?: number;
  /** Group by group, the choices of each in the order in which they were given. */
  readonly rows: readonly SensitivityRow[];
}

/**
 * The rows of each group, in the table's order.
 *
 * @throws UserError for a table without rows, a choice that comes twice, and numbers that are not finite.
 */
export function rowsByGroup({ rows }: SensitivityTable): Map<string, SensitivityRow[]> {
  const groups = new Map<string, SensitivityRow[]>();
  for (const row of rows) {
    const known = groups.get(row.group) ?? [];
    if (known.some(({ choice }) => choice === row.choice)) {
      throw new UserError(
        `Expected each choice once for a group, got "${row.choice}" twice for "${row.group}".`,
      );
    }
    expectFinite(row);
    groups.set(row.group, [...known, row]);
  }
  if (groups.size === 0) throw new UserError('Expected a table with rows to search, got none.');
  return groups;
}

/** JSON turns what is not finite into null. */
export function expectFinite(row: SensitivityRow): void {
  const wrong = (['bytes', 'loss', 'latencyMs'] as const).find(
    (key) => row[key] !== undefined && !Number.isFinite(row[key]),
  );
  if (wrong === undefined) return;
  throw new UserError(
    `Expected a finite ${wrong} of "${row.choice}" for "${row.group}", got ${row[wrong]}; leave that choice out for it, or ` +
      'look for what made it.',
  );
}
