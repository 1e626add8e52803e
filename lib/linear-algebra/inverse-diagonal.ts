/**
 * The diagonal of the inverse of a small matrix, by its Cholesky factor L: `[A⁻¹]_ii = Σ_k≥i [L⁻¹]_ki²`.
 *
 * @param matrix [n, n], row-major, symmetric and positive definite, of which the lower triangle is read; overwritten.
 * @returns [n]; NaN where the matrix is not positive definite.
 *
 * @example inverseDiagonal(Float64Array.of(4, 0, 0, 0.25), 2) // 0.25, 4
 */
export function inverseDiagonal(matrix: Float64Array, n: number): Float64Array {
  factor(matrix, n);
  const diagonal = new Float64Array(n);
  const column = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    solveUnit(matrix, n, i, column);
    for (let k = i; k < n; k++) diagonal[i]! += column[k]! * column[k]!;
  }
  return diagonal;
}

/** `A = L Lᵀ`, in place, by rows. */
function factor(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!;
    }
  }
}

/** Column i of L⁻¹, from its i-th number on. */
function solveUnit(lower: Float64Array, n: number, i: number, column: Float64Array): void {
  for (let row = i; row < n; row++) {
    let sum = Number(row === i);
    for (let k = i; k < row; k++) sum -= lower[row * n + k]! * column[k]!;
    column[row] = sum / lower[row * n + row]!;
  }
}
