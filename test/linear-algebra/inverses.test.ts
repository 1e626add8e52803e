import { inverseDiagonal } from '../../lib/linear-algebra/inverse-diagonal';
import { inverseFactor } from '../../lib/linear-algebra/inverse-factor';
import { solveRidge } from '../../lib/linear-algebra/ridge';
import { problem } from '../quantization/rounding/problems';

describe('inverseFactor', () => {
  test.each([1, 3, 33, 70])('is the Cholesky factor of the inverse, of %i rows', (n) => {
    const { gram } = problem(n, 1);
    const factor = inverseFactor(gram, n);
    const product = (a: (i: number, k: number) => number, b: (k: number, j: number) => number) =>
      Array.from({ length: n * n }, (_, at) => {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += a(Math.floor(at / n), k) * b(k, at % n);
        return sum;
      });
    const inverse = product(
      (i, k) => factor[k * n + i]!,
      (k, j) => factor[k * n + j]!,
    );
    const identity = product(
      (i, k) => inverse[i * n + k]!,
      (k, j) => gram[k * n + j]!,
    );
    const errors = identity.map((value, at) => Math.abs(value - Number(at % (n + 1) === 0)));
    expect(Math.max(...errors)).toBeLessThan(1e-9);
    expect(factor.every((value, at) => at % n >= Math.floor(at / n) || value === 0)).toBe(true);
  });

  test('refuses a matrix without an inverse', () => {
    expect(() => inverseFactor(Float64Array.of(1, 1, 1, 1), 2)).toThrow('positive definite');
    expect(() => inverseFactor(Float64Array.of(NaN), 1)).toThrow('positive definite');
  });
});

describe('inverseDiagonal', () => {
  test.each([1, 4, 16])('is that of the inverse by its factor, of %i rows', (n) => {
    const { gram } = problem(n, 2);
    const factor = inverseFactor(gram, n);
    const diagonal = inverseDiagonal(gram.slice(), n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += factor[k * n + i]! ** 2;
      expect(diagonal[i]! / sum).toBeCloseTo(1, 9);
    }
  });

  test('has no numbers where there is no inverse', () => {
    expect([...inverseDiagonal(Float64Array.of(1, 0, 2, 1), 2)]).toEqual([NaN, NaN]);
  });
});

test('solveRidge by hand: [3 + 1, 1; 1, 1 + 2] x = [9, 5; 5, 4]', () => {
  const normal = Float64Array.of(3, 1, 9, 5, 1, 1, 5, 4);
  const solution = [2, 1, 1, 1];
  [...solveRidge(normal, [1, 2])].forEach((value, i) => expect(value).toBeCloseTo(solution[i]!, 12));
  expect(() => solveRidge(Float64Array.of(-1, 1), [1])).toThrow('positive definite');
});
