import { inverseFactor } from './inverse-factor';
import { matrix, subtractProduct, transposed } from './matrix';

/**
 * `(A + diag(λ))⁻¹ B` in doubles, by the Cholesky factor of the inverse.
 *
 * @param normal `[A | B]`, [n, n + width] row-major, A symmetric and positive semidefinite; left as it is.
 * @param ridge λ of each row, above 0 where A alone is singular.
 * @returns [n, width]
 * @throws UserError where `A + diag(λ)` is not positive definite.
 *
 * @example solveRidge(Float64Array.of(3, 8), [1]) // [2]
 */
export function solveRidge(normal: Float64Array, ridge: readonly number[]): Float64Array {
  const n = ridge.length;
  const columns = normal.length / n;
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    gram.set(normal.subarray(i * columns, i * columns + n), i * n);
    gram[i * n + i]! += ridge[i]!;
  }
  const factor = matrix(inverseFactor(gram, n), n); // (A + λ)⁻¹ = Rᵀ R
  const width = columns - n;
  const right = matrix(normal, columns, { rows: [0, n], columns: [n, columns] });
  const [half, solution] = [new Float64Array(n * width), new Float64Array(n * width)];
  subtractProduct(matrix(half, width), factor, right); // - R B
  subtractProduct(matrix(solution, width), transposed(factor), matrix(half, width)); // Rᵀ R B
  return solution;
}
