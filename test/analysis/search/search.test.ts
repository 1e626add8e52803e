import * as fc from 'fast-check';
import { SensitivityRow, SensitivityTable } from '../../../lib/analysis/sensitivity/table';
import { rulesOf } from '../../../lib/analysis/search/rules-of';
import { Budget, paretoFront, search } from '../../../lib/analysis/search/search';
import { applyRules } from '../../../lib/compress/rules';
import { weightOnly } from '../../../lib/compress/scheme';

function row(group: string, choice: string, bytes: number, loss: number, latencyMs?: number): SensitivityRow {
  const timed = latencyMs === undefined ? {} : { latencyMs };
  return {
    group,
    paths: [`${group}/x`],
    choice,
    parameters: 100,
    bytes,
    bits: (8 * bytes) / 100,
    loss,
    ...timed,
  };
}

const table: SensitivityTable = {
  measure: 'by hand',
  rest: { parameters: 10, bytes: 40 },
  latencyMs: 10,
  rows: [
    row('a', 'float', 400, 0, 0),
    row('a', 'int8', 100, 1, -3),
    row('a', 'int4', 50, 9, -3),
    row('b', 'float', 400, 0, 0),
    row('b', 'int8', 100, 2, 1),
    row('b', 'int4', 50, 4, 2),
  ],
};

const choicesOf = (budget: Budget, of = table) => search(of, budget).choices.map(({ choice }) => choice);

describe('search', () => {
  test.each<[Budget, string[]]>([
    [{ bytes: 140 }, ['int4', 'int4']],
    [{ bytes: 189 }, ['int4', 'int4']],
    [{ bytes: 190 }, ['int8', 'int4']],
    [{ bytes: 240 }, ['int8', 'int8']],
    [{ bytes: 540 }, ['int8', 'float']],
    [{ bytes: 840 }, ['float', 'float']],
    [{ bytes: Infinity }, ['float', 'float']],
    [{ effectiveBits: (8 * 240) / 210 }, ['int8', 'int8']],
    [{ latencyMs: 7 }, ['int8', 'float']],
    [{ latencyMs: 10 }, ['float', 'float']],
  ])('within %j: %j', (budget, expected) => {
    expect(choicesOf(budget)).toEqual(expected);
  });

  test('tells what comes of it', () => {
    expect(search(table, { bytes: 200 })).toEqual({
      choices: [
        { group: 'a', paths: ['a/x'], choice: 'int8' },
        { group: 'b', paths: ['b/x'], choice: 'int4' },
      ],
      loss: 5,
      bytes: 190,
      effectiveBits: (8 * 190) / 210,
      latencyMs: 9,
      gap: 0,
    });
  });

  test('of equal losses the cheaper', () => {
    const equal = { ...table, rows: [row('a', 'float', 400, 0), row('a', 'int8', 100, 0)] };
    expect(choicesOf({ bytes: 1000 }, equal)).toEqual(['int8']);
  });

  test('a table is the same from JSON', () => {
    const again = JSON.parse(JSON.stringify(table)) as SensitivityTable;
    expect(search(again, { bytes: 200 })).toEqual(search(table, { bytes: 200 }));
  });

  const value = fc.record({
    cost: fc.integer({ min: 0, max: 30 }),
    loss: fc.float({ min: -1, max: 8, noNaN: true }),
  });
  const groups = fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  test('is as good as the best of all answers', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: 0, max: 150 }), (choices, bytes) => {
        const rows = choices.flatMap((items, i) =>
          items.map(({ cost, loss }, j) => row(`${i}`, `${j}`, cost, loss)),
        );
        const answers = choices.reduce(
          (before, items) =>
            before.flatMap((a) => items.map((b) => ({ cost: a.cost + b.cost, loss: a.loss + b.loss }))),
          [{ cost: 0, loss: 0 }],
        );
        const losses = answers.flatMap(({ cost, loss }) => (cost <= bytes ? [loss] : []));
        fc.pre(losses.length > 0);
        const found = search({ measure: '', rest: { parameters: 0, bytes: 0 }, rows }, { bytes });
        expect(found.bytes).toBeLessThanOrEqual(bytes);
        expect(found.loss).toBeCloseTo(Math.min(...losses), 9);
        expect(found.gap).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test.each<[string, unknown, SensitivityTable, string]>([
    ['a budget too small', { bytes: 139 }, table, 'at least 140 bytes (5.3333'],
    ['too few bits', { effectiveBits: 2 }, table, 'at least 140 bytes'],
    [
      'too little time',
      { latencyMs: 6 },
      table,
      'at least 7 ms, the least that these choices can take, got 6 ms',
    ],
    ['no budget', {}, table, 'Expected one budget'],
    ['two budgets', { bytes: 1000, latencyMs: 10 }, table, 'Expected one budget'],
    ['an unknown budget', { watts: 3 }, table, 'got {"watts":3}'],
    ['a budget that is no number', { bytes: NaN }, table, 'Expected one budget'],
    ['an empty table', { bytes: 1000 }, { ...table, rows: [] }, 'rows to search, got none'],
    [
      'a choice that comes twice',
      { bytes: 1000 },
      { ...table, rows: [row('a', 'int8', 1, 1), row('a', 'int8', 1, 1)] },
      'got "int8" twice for "a"',
    ],
    [
      'a loss that is no number',
      { bytes: 1000 },
      { ...table, rows: [row('a', 'int8', 1, NaN)] },
      'finite loss of "int8" for "a", got NaN',
    ],
    [
      'a table without latencies',
      { latencyMs: 10 },
      { ...table, rows: [row('a', 'int8', 1, 1)] },
      'Expected latencies in the table',
    ],
  ])('refuses %s', (_, budget, of, message) => {
    expect(() => search(of, budget as Budget)).toThrow(message);
  });
});

describe('paretoFront', () => {
  test('is what search finds at every budget', () => {
    const front = paretoFront(table, 'bytes');
    expect(front.map(({ bytes, loss }) => [bytes, loss])).toEqual([
      [140, 13],
      [190, 5],
      [240, 3],
      [540, 1],
      [840, 0],
    ]);
    for (const point of front) expect(search(table, { bytes: point.bytes })).toEqual(point);
  });

  test('by latency', () => {
    const front = paretoFront(table, 'latencyMs').map(({ latencyMs, loss }) => [latencyMs, loss]);
    expect(front).toEqual([
      [7, 1],
      [10, 0],
    ]);
  });

  test('effective bits are bytes in another unit', () => {
    expect(paretoFront(table, 'effectiveBits')).toEqual(paretoFront(table, 'bytes'));
  });
});

describe('rulesOf', () => {
  test('names each layer, whatever its path, and no other', () => {
    const paths = ['time(dense)', 'a[1]/{b,c}', 'x*', 'xy', 'plain/0'];
    const use = weightOnly();
    for (const path of paths) {
      const rules = rulesOf({ choices: [{ group: 'g', paths: [path], choice: 'w8' }] }, { w8: use });
      const matched = [...applyRules(rules, paths)].filter(([, found]) => found !== undefined);
      expect(matched).toEqual([[path, use]]);
    }
  });

  test('refuses a choice that is none of the schemes', () => {
    const solution = search(table, { bytes: 200 });
    expect(() => rulesOf(solution, { int8: weightOnly() })).toThrow('got int8 without "int4" of "b"');
  });
});
