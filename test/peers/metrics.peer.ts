import { ok } from 'node:assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { hostTensor } from '../../lib/core/host-tensor';
import { metrics } from '../../trainers/metrics';

export const name = 'metrics';

const TOLERANCE = 1e-6; // predictions are float32 here, float64 there

type Case = Readonly<Record<string, unknown>> & { name: string; labels: number[]; predictions: number[] };

/** The metrics under the names that the reference gives them. */
const NAMES = {
  accuracy: 'accuracy',
  f1: 'f1',
  matthews_correlation: 'mcc',
  pearson: 'pearson',
  spearmanr: 'spearman',
} as const;

/** Compares GLUE's metrics with the values of numpy and scipy. */
export async function check(_python: string, shared: string | undefined): Promise<string> {
  if (!shared) return 'skipped: no shared reference values';
  const file = path.join(shared, 'reference/glue_metric_cases.json');
  const { classification, regression } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Case[]>;
  const errors = [...(classification ?? []), ...(regression ?? [])].flatMap(compare);
  ok(errors.length > 0, `${file} has no cases`);
  return `${errors.length} scores, largest difference ${Math.max(...errors).toExponential(1)}`;
}

function compare(reference: Case): number[] {
  const [predictions, labels] = [reference.predictions, reference.labels].map((values) =>
    hostTensor(Float32Array.from(values), [values.length]),
  );
  return Object.entries(NAMES).flatMap(([key, ours]) => {
    const expected = reference[key];
    if (typeof expected !== 'number') return [];
    const score = metrics[ours](predictions!, labels!);
    const error = Math.abs(score - expected);
    ok(error < TOLERANCE, `${ours} of ${reference.name}: expected ${expected}, got ${score}`);
    return [error];
  });
}
