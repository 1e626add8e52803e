import { matrix, Part, subtractProduct } from '../../linear-algebra/matrix';

/** Inputs that are taken together. */
const TILE = 32;

/**
 * What a difference of weights does to a layer's output, `‖X D‖² = tr(Dᵀ H D)`, from the Gram matrix of its inputs alone.
 *
 * @param difference D, [inputs, units].
 * @param gram H = Xᵀ X, [inputs, inputs].
 */
export function outputPower(difference: ArrayLike<number>, gram: Float64Array, units: number): number {
  const rows = Float64Array.from(difference);
  const inputs = rows.length / units;
  let power = 0;
  for (let from = 0; from < inputs; from += TILE) {
    const own: Part['rows'] = [from, Math.min(from + TILE, inputs)];
    const product = new Float64Array((own[1] - from) * units); // -H D, of these inputs
    const subtract = (others: Part['rows']) =>
      subtractProduct(
        matrix(product, units),
        matrix(gram, inputs, { rows: own, columns: others }),
        matrix(rows, units, { rows: others, columns: [0, units] }),
      );
    subtract([0, from]);
    for (let at = 0; at < product.length; at++) product[at]! *= 2; // H is symmetric: those before count twice
    subtract(own);
    for (let at = 0; at < product.length; at++) power -= rows[from * units + at]! * product[at]!;
  }
  return power;
}
