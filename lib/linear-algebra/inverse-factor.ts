import { UserError } from '../core/errors';
import { matrix, subtractProduct, transposed } from './matrix';

/**
 * The upper triangular R with `A⁻¹ = Rᵀ R`, the Cholesky factor of the inverse, without the inverse: A is factored from its last row on,
 * `A = U Uᵀ` with U upper triangular, and `R = U⁻¹`. That takes a third of the work, n³ / 3 products, and rounds once.
 *
 * @param matrix [n, n], symmetric and positive definite; left as it is.
 * @throws UserError if it is not positive definite.
 *
 * @example inverseFactor(Float64Array.of(4, 0, 0, 0.25), 2) // [0.5, 0, 0, 2]
 */
export function inverseFactor(matrix: Float64Array, n: number): Float64Array {
  return invertUpper(factorFromLast(matrix, n), n);
}

/** Rows that are done together, so that those which are done already pass by once for all of them. */
const TILE = 32;

/** The lower triangular `V = Uᵀ`, `A = Vᵀ V`: `V_j = (A_j - Σ_k>j V_kj V_k) / V_jj`, by rows from the last. What is above is no number of it. */
function factorFromLast(symmetric: Float64Array, n: number): Float64Array {
  const lower = symmetric.slice();
  for (let to = n; to > 0; to -= TILE) {
    const from = Math.max(to - TILE, 0);
    const part = (rows: [number, number], columns: [number, number]) => matrix(lower, n, { rows, columns });
    const done = part([to, n], [from, to]);
    subtractProduct(part([from, to], [0, to]), transposed(done), part([to, n], [0, to]));
    for (let j = to - 1; j >= from; j--) {
      subtractProduct(
        part([j, j + 1], [0, j + 1]),
        transposed(part([j + 1, to], [j, j + 1])),
        part([j + 1, to], [0, j + 1]),
      );
      divideRow(lower, j * n, j * n + j + 1, Math.sqrt(pivotOf(lower, j, n)));
    }
  }
  return lower;
}

function pivotOf(lower: Float64Array, row: number, n: number): number {
  const square = lower[row * n + row]!;
  if (square > 0 && square < Infinity) return square;
  throw notDefinite(row);
}

function divideRow(data: Float64Array, from: number, to: number, by: number): void {
  for (let at = from; at < to; at++) data[at]! /= by;
}

/** `R_i = (e_i - Σ_k>i V_ki R_k) / V_ii`, by rows from the last. */
function invertUpper(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let to = n; to > 0; to -= TILE) {
    const from = Math.max(to - TILE, 0);
    const subtract = (rows: [number, number], done: [number, number]) => {
      const factors = transposed(matrix(lower, n, { rows: done, columns: rows }));
      const columns: [number, number] = [done[0], n]; // a row starts at its own place
      subtractProduct(
        matrix(inverse, n, { rows, columns }),
        factors,
        matrix(inverse, n, { rows: done, columns }),
      );
    };
    for (let k = to; k < n; k += TILE) subtract([from, to], [k, Math.min(k + TILE, n)]);
    for (let i = to - 1; i >= from; i--) {
      if (i + 1 < to) subtract([i, i + 1], [i + 1, to]);
      inverse[i * n + i] = 1;
      divideRow(inverse, i * n + i, (i + 1) * n, lower[i * n + i]!);
    }
  }
  return inverse;
}

function notDefinite(row: number): UserError {
  return new UserError(
    `Expected a positive definite matrix of finite numbers, but row ${row} depends on later ones; damp it more, or give more data.`,
  );
}
