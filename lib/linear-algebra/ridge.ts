import { Difference, withDifference } from './difference';
import { inverseFactor } from './inverse-factor';
import { matrix, subtractProduct, transposed } from './matrix';

/**
 * `(A + diag(λ))⁻¹ B` in doubles, by elimination of blocks.
 *
 * @param normal `[A | B]`, [n, n + width] row-major, A symmetric and positive semidefinite; left as it is.
 * @param ridge λ of each row, above 0 where A alone is singular.
 * @returns [n, width]
 * @throws UserError where `A + diag(λ)` is not positive definite.
 *
 * @example await solveRidge(Float64Array.of(3, 8), [1]) // [2]
 */
export async function solveRidge(normal: Float64Array, ridge: readonly number[]): Promise<Float64Array> {
  const system = normal.slice();
  const columns = normal.length / ridge.length;
  ridge.forEach((value, i) => (system[i * columns + i]! += value));
  return withDifference((difference) => eliminate(system, ridge.length, difference));
}

/** Rows that are no longer parted. */
const LEAF = 64;

/**
 * `A⁻¹ B` of `[A | B]`, halved: the upper rows `[A₁₁ | A₁₂ B₁]` are a system of their own, and what its solution `[Y | Z]` leaves of the lower
 * ones, `[A₂₂ | B₂] - A₂₁ [Y | Z]`, is that of the lower half of the solution.
 */
async function eliminate(system: Float64Array, n: number, difference: Difference): Promise<Float64Array> {
  if (n <= LEAF) return solve(system, n);
  const half = n >> 1;
  const columns = system.length / n;
  const upper = await eliminate(system.subarray(0, half * columns), half, difference);
  const [factors, rest] = parted(system.subarray(half * columns), columns, half);
  const left = await difference(rest, factors, upper, n - half);
  const lower = await eliminate(left, n - half, difference);
  const [y, z] = parted(upper, columns - half, n - half);
  const solution = new Float64Array(n * (columns - n));
  solution.set(await difference(z, y, lower, half));
  solution.set(lower, half * (columns - n));
  return solution;
}

/** The first columns of a matrix, and the others. */
function parted(data: Float64Array, columns: number, first: number): [Float64Array, Float64Array] {
  const rows = data.length / columns;
  const [left, right] = [new Float64Array(rows * first), new Float64Array(rows * (columns - first))];
  for (let i = 0; i < rows; i++) {
    left.set(data.subarray(i * columns, i * columns + first), i * first);
    right.set(data.subarray(i * columns + first, (i + 1) * columns), i * (columns - first));
  }
  return [left, right];
}

/** The same at once, by the Cholesky factor of the inverse. */
function solve(system: Float64Array, n: number): Float64Array {
  const columns = system.length / n;
  const width = columns - n;
  const [gram, right] = parted(system, columns, n);
  const factor = matrix(inverseFactor(gram, n), n); // A⁻¹ = Rᵀ R
  const [half, solution] = [new Float64Array(n * width), new Float64Array(n * width)];
  subtractProduct(matrix(half, width), factor, matrix(right, width)); // - R B
  subtractProduct(matrix(solution, width), transposed(factor), matrix(half, width)); // Rᵀ R B
  return solution;
}
