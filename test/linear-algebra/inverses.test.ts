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

describe('solveRidge', () => {
  test('by hand: [3 + 1, 1; 1, 1 + 2] x = [9, 5; 5, 4]', async () => {
    const normal = Float64Array.of(3, 1, 9, 5, 1, 1, 5, 4);
    const solution = [2, 1, 1, 1];
    (await solveRidge(normal, [1, 2])).forEach((value, i) => expect(value).toBeCloseTo(solution[i]!, 12));
  });

  test.each([64, 65, 200])('solves %i rows, in blocks, and leaves them as they are', async (n) => {
    const [{ gram }, width] = [problem(n, 3), 5];
    const wanted = Float64Array.from({ length: n * width }, (_, at) => Math.sin(at));
    const normal = new Float64Array(n * (n + width));
    for (let i = 0; i < n; i++) {
      normal.set(gram.subarray(i * n, (i + 1) * n), i * (n + width));
      for (let j = 0; j < width; j++) {
        let sum = wanted[i * width + j]!; // λ = 1
        for (let k = 0; k < n; k++) sum += gram[i * n + k]! * wanted[k * width + j]!;
        normal[i * (n + width) + n + j] = sum;
      }
    }
    const before = normal.slice();
    const solution = await solveRidge(normal, new Array<number>(n).fill(1));
    const errors = solution.map((value, at) => Math.abs(value - wanted[at]!));
    expect(Math.max(...errors)).toBeLessThan(1e-8);
    expect(normal).toEqual(before);
  });

  test('refuses what is not positive definite', async () => {
    await expect(solveRidge(Float64Array.of(-1, 1), [1])).rejects.toThrow('positive definite');
  });
});
