/** A part of a matrix in double precision: the number of row i and column j is `data[from + i · rowStep + j · columnStep]`. */
export interface Matrix {
  readonly data: Float64Array;
  readonly from: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Rows and columns, each from the first to before the last. */
export interface Part {
  readonly rows: readonly [from: number, to: number];
  readonly columns: readonly [from: number, to: number];
}

/** A row-major matrix, or a part of one. */
export function matrix(data: Float64Array, width: number, part?: Part): Matrix {
  const { rows, columns } = part ?? { rows: [0, data.length / width], columns: [0, width] };
  return {
    data,
    from: rows[0] * width + columns[0],
    rows: rows[1] - rows[0],
    columns: columns[1] - columns[0],
    rowStep: width,
    columnStep: 1,
  };
}

/** The same numbers, mirrored; not copied. */
export function transposed({ data, from, rows, columns, rowStep, columnStep }: Matrix): Matrix {
  return { data, from, rows: columns, columns: rows, rowStep: columnStep, columnStep: rowStep };
}

/** How many rows of the result are worked on together: they stay in the cache while the second operand passes by once. */
const TILE = 32;

/**
 * `C ← C - A B`, in place, for `columnStep` 1 of B and C. The innermost loop adds four rows of B to one of C.
 *
 * @param c [m, n]
 * @param a [m, k]
 * @param b [k, n]
 */
export function subtractProduct(c: Matrix, a: Matrix, b: Matrix): void {
  const whole = a.columns - (a.columns % 4);
  for (let first = 0; first < c.rows; first += TILE) {
    const last = Math.min(first + TILE, c.rows);
    for (let k = 0; k < whole; k += 4) for (let i = first; i < last; i++) subtractFour(c, a, b, i, k);
    for (let k = whole; k < a.columns; k++) for (let i = first; i < last; i++) subtractOne(c, a, b, i, k);
  }
}

function subtractFour(c: Matrix, a: Matrix, b: Matrix, i: number, k: number): void {
  const at = a.from + i * a.rowStep + k * a.columnStep;
  const [a0, a1] = [a.data[at]!, a.data[at + a.columnStep]!];
  const [a2, a3] = [a.data[at + 2 * a.columnStep]!, a.data[at + 3 * a.columnStep]!];
  const [to, step] = [c.from + i * c.rowStep, b.rowStep];
  const first = b.from + k * step;
  const [second, third, fourth] = [first + step, first + 2 * step, first + 3 * step];
  const { data } = c;
  const { data: rows } = b;
  for (let j = 0; j < c.columns; j++) {
    data[to + j]! -=
      a0 * rows[first + j]! + a1 * rows[second + j]! + (a2 * rows[third + j]! + a3 * rows[fourth + j]!);
  }
}

function subtractOne(c: Matrix, a: Matrix, b: Matrix, i: number, k: number): void {
  const factor = a.data[a.from + i * a.rowStep + k * a.columnStep]!;
  const [to, from] = [c.from + i * c.rowStep, b.from + k * b.rowStep];
  for (let j = 0; j < c.columns; j++) c.data[to + j]! -= factor * b.data[from + j]!;
}
