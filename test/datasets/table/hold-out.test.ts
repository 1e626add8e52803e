import fc from 'fast-check';
import { holdOut } from '../../../datasets/table/hold-out';

it('takes a tenth of all rows and, within one, of every class', () => {
  const labels = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 300 });
  fc.assert(
    fc.property(labels, fc.nat(9), (rows, seed) => {
      const { train, dev } = holdOut(rows, seed);
      expect([...train, ...dev].sort((a, b) => a - b)).toEqual(rows.map((_, row) => row));
      for (const part of [train, dev]) expect([...part]).toEqual([...part].sort((a, b) => a - b));
      expect(Math.min(train.length, dev.length)).toBeGreaterThan(0);
      for (const label of new Set(rows)) {
        const there = rows.filter((other) => other === label).length;
        const held = [...dev].filter((row) => rows[row] === label).length;
        expect(Math.abs(held - there / 10)).toBeLessThanOrEqual(1);
      }
    }),
    { seed: 1, numRuns: 50 },
  );
});

it('takes a tenth of every range of numbers', () => {
  const { dev } = holdOut(
    Float32Array.from({ length: 100 }, (_, i) => (i * 37) % 100),
    1,
  );
  const tens = [...dev].map((row) => Math.floor(((row * 37) % 100) / 10));
  expect(tens.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('takes a tenth of all rows and, of several labels, of those of the rarest', () => {
  const flags = fc.array(fc.tuple(fc.nat(1), fc.nat(3), fc.nat(9)), { minLength: 2, maxLength: 300 });
  fc.assert(
    fc.property(flags, fc.nat(9), (tuples, seed) => {
      const rows = tuples.map((numbers) => numbers.map((number) => Number(number === 1)));
      const { train, dev } = holdOut(rows.flat(), seed, { outputs: 3, problem: 'multi-label' });
      expect([...train, ...dev].sort((a, b) => a - b)).toEqual(rows.map((_, row) => row));
      expect(Math.min(train.length, dev.length)).toBeGreaterThan(0);
      const times = [0, 1, 2].map((label) => rows.filter((row) => row[label] === 1).length);
      const rarest = times.indexOf(Math.min(...times));
      const held = [...dev].filter((row) => rows[row]![rarest] === 1).length;
      expect(Math.abs(held - times[rarest]! / 10)).toBeLessThanOrEqual(1);
    }),
    { seed: 1, numRuns: 50 },
  );
});

it('takes a tenth of every range of the first of several numbers', () => {
  const numbers = Array.from({ length: 100 }, (_, i) => [(i * 37) % 100, 7 * (i % 3)]).flat();
  const { dev } = holdOut(numbers, 1, { outputs: 2, problem: 'regression' });
  const tens = [...dev].map((row) => Math.floor(((row * 37) % 100) / 10));
  expect(tens.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('is a function of the seed', () => {
  const labels = new Int32Array(100);
  expect(holdOut(labels, 1)).toEqual(holdOut(labels, 1));
  expect(holdOut(labels, 2)).not.toEqual(holdOut(labels, 1));
});
