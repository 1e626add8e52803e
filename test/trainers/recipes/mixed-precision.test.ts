import * as fs from 'node:fs';
import * as path from 'node:path';
import type { SensitivityTable } from '../../../lib/analysis/sensitivity/table';
import { weightOnly } from '../../../lib/compress/scheme';
import { perChannel, perChannelGroup } from '../../../lib/quantization/granularity';
import { int4, int8 } from '../../../lib/quantization/spec';
import { mixedPrecision, MixedPrecisionOptions } from '../../../trainers/recipes/mixed-precision';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const schemes = {
  float: 'skip',
  int8: weightOnly(int8(perChannel())),
  int4: weightOnly(int4(perChannelGroup(16))),
} as const;

const search = (options: Partial<MixedPrecisionOptions> = {}) =>
  mixedPrecision({ setup: smallSetup(), folder, seed: 1, schemes, budgets: [24, 14], ...options });

it('measures layers once, and keeps every budget', async () => {
  const tables: SensitivityTable[] = [];
  const outcomes = await search({ onSearched: (table) => void tables.push(table) });
  expect(outcomes.map(({ method }) => method)).toEqual(['dense', 'mixed-24', 'mixed-14']);
  const bitsOf = ({ bytes, parameters }: { bytes: number; parameters: number }) => (8 * bytes) / parameters;
  expect(bitsOf(outcomes[1]!)).toBeLessThanOrEqual(24);
  expect(bitsOf(outcomes[2]!)).toBeLessThanOrEqual(14);
  expect(bitsOf(outcomes[1]!)).toBeGreaterThan(bitsOf(outcomes[2]!));
  expect(tables[0]!.rows).toHaveLength(3 * 3);
});

it('searches another budget of the table that is there', async () => {
  const [dense] = await search();
  const file = path.join(folder, 'seed-1', 'sensitivity', 'outcome.json');
  const before = fs.statSync(file).mtimeMs;
  const again = await search({ budgets: [20] });
  expect(again.map(({ method }) => method)).toEqual(['dense', 'mixed-20']);
  expect(withoutSeconds([again[0]!])).toEqual(withoutSeconds([dense!]));
  expect(fs.statSync(file).mtimeMs).toBe(before);
});

it('refuses a budget that nothing fits', async () => {
  await expect(search({ budgets: [1] })).rejects.toThrow('Expected');
});
