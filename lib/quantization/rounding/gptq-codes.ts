import { UserError } from '../../core/errors';
import { encode } from '../encode';
import type { EncodedWeight, WeightValues } from '../encoded-weight';
import { encodeCodes } from '../encode-codes';
import { layoutOf } from '../layout';
import { roundHalfToEven } from '../../core/round';
import { codeRange, fixedZeroPoint, QuantSpec } from '../spec';
import { inverseFactor } from '../../linear-algebra/inverse-factor';
import { matrix, Part, subtractProduct, transposed } from '../../linear-algebra/matrix';

export interface GptqCodesOptions {
  /** What is added to the diagonal of the Gram matrix, as a share of its mean. Default 0.01. */
  readonly damping?: number;
  /**
   * Inputs in the order of their power, the largest first, rather than as they come. The scales are then those of the weights as they
   * were before. Default false.
   */
  readonly actOrder?: boolean;
}

/**
 * Codes of a matrix by **GPTQ** (Frantar et al., 2022, arXiv:2210.17323): its inputs are rounded one after the other, and what rounding one
 * costs the output, the inputs that are not rounded yet make up for,
 *
 * `w_j ← w_j - (w_i - ŵ_i) · R_ij / R_ii` for j > i, with `(H + λ I)⁻¹ = Rᵀ R`.
 *
 * The scale of a block is that of its weights as they are when its first input comes up. A weight that is 0 stays 0 (pruned; as in SparseGPT,
 * arXiv:2301.00774, the others make up for it too). An input that was never anything but 0 is rounded to the nearest, where the paper's
 * program makes it 0: other data may use it.
 *
 * @param weight [inputs, units].
 * @param gram `Σ x xᵀ` of the inputs, [inputs, inputs]; any multiple of it gives the same codes.
 * @throws UserError for numbers that are not finite, inputs that are all 0, and a damping that does not do.
 */
export function gptqCodes(
  weight: WeightValues,
  gram: Float64Array,
  spec: QuantSpec,
  { damping = 0.01, actOrder = false }: GptqCodesOptions = {},
): EncodedWeight {
  const [inputs] = weight.shape as [number, number];
  const order = actOrder ? byPower(gram, inputs) : Uint32Array.from({ length: inputs }, (_, i) => i);
  const factor = inverseFactor(damped(gram, order, damping), inputs);
  const group = spec.granularity.block(weight.shape)[0]!;
  const rounding = startOf(weight, spec, order, actOrder ? inputs : group);
  const width = group < inputs ? group * Math.ceil(LAZY / group) : LAZY;
  for (let from = 0; from < inputs; from += width) {
    const to = Math.min(from + width, inputs);
    const errors = matrix(roundRows(rounding, factor, { from, to }), rounding.units);
    const [done, left]: [Part['rows'], Part['rows']] = [
      [from, to],
      [to, inputs],
    ];
    const shares = transposed(matrix(factor, inputs, { rows: done, columns: left }));
    subtractProduct(
      matrix(rounding.rows, rounding.units, { rows: left, columns: [0, rounding.units] }),
      shares,
      errors,
    );
  }
  return encodeCodes(weight.shape, spec, rounding);
}

/** How many inputs are rounded before the rest of the matrix is passed over, once for all of them; whole groups, at least. */
const LAZY = 128;

/** Inputs by their power, the largest first; of equals the first. */
function byPower(gram: Float64Array, inputs: number): Uint32Array {
  const power = (i: number) => gram[i * inputs + i]!;
  return Uint32Array.from({ length: inputs }, (_, i) => i).sort((i, j) => power(j) - power(i) || i - j);
}

/** The Gram matrix in the order of rounding, with more on its diagonal. */
function damped(gram: Float64Array, order: Uint32Array, damping: number): Float64Array {
  const inputs = order.length;
  const more = (damping * order.reduce((power, i) => power + gram[i * inputs + i]!, 0)) / inputs;
  if (!(damping > 0 && more > 0 && more < Infinity)) {
    throw new UserError(
      `Expected a damping above 0, of inputs that are finite and not all 0, got ${damping} of ${more / damping}.`,
    );
  }
  const matrix = new Float64Array(inputs * inputs);
  order.forEach((i, p) => order.forEach((j, q) => (matrix[p * inputs + q] = gram[i * inputs + j]!)));
  for (let p = 0; p < inputs; p++) matrix[p * inputs + p]! += more;
  return matrix;
}

/** Where the rounding of a matrix stands. */
interface Rounding {
  readonly units: number;
  readonly order: Uint32Array;
  /** The weights as they are by now, [inputs, units] in the order of rounding. */
  readonly rows: Float64Array;
  readonly codes: Int16Array;
  readonly scales: Float32Array;
  readonly zeroPoints?: Int16Array;
  /** Rounds the row that is `p`-th in order, and gives what it stands for. */
  round(p: number, into: Float64Array): void;
}

function startOf(weight: WeightValues, spec: QuantSpec, order: Uint32Array, group: number): Rounding {
  const { shape, data } = weight;
  const [inputs, units] = shape as [number, number];
  const rows = new Float64Array(data.length);
  order.forEach((i, p) => rows.set(data.subarray(i * units, (i + 1) * units), p * units));
  const { firstOf, stepOf, blocks } = layoutOf(shape, spec.granularity);
  const codes = new Int16Array(data.length);
  const scales = new Float32Array(blocks);
  const zeroPoints = new Int16Array(blocks).fill(fixedZeroPoint(spec));
  const [lowest, highest] = codeRange(spec);
  const measure = (from: number): void => {
    const to = Math.min(from + group, inputs);
    const current = Float32Array.from(rows.subarray(from * units, to * units), (value, at) =>
      data[from * units + at] === 0 ? 0 : value,
    );
    const found = encode({ shape: [to - from, units], data: group < inputs ? current : data }, spec);
    scales.set(found.scales, firstOf[from]);
    zeroPoints.set(found.zeroPoints ?? [], firstOf[from]);
  };
  if (group >= inputs) measure(0);
  return {
    units,
    order,
    rows,
    codes,
    scales,
    ...(spec.symmetric ? {} : { zeroPoints }),
    round(p, into) {
      const i = order[p]!;
      if (group < inputs && i % group === 0) measure(i);
      for (let u = 0, at = i * units; u < units; u++, at++) {
        const block = firstOf[i]! + stepOf[u]!;
        const [scale, zero] = [scales[block]!, zeroPoints[block]!];
        const nearest = data[at] === 0 ? zero : roundHalfToEven(rows[p * units + u]! / scale) + zero;
        const code = nearest < lowest ? lowest : nearest > highest ? highest : nearest;
        codes[at] = code;
        into[u] = Math.fround(scale * (code - zero));
      }
    },
  };
}

/** Some of the inputs, by their places in order. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Rounds the rows of a span one after the other, those of the span that follow making up for each.
 *
 * @returns the errors `(w_i - ŵ_i) / R_ii`, [to - from, units].
 */
function roundRows(rounding: Rounding, factor: Float64Array, { from, to }: Span): Float64Array {
  const { rows, units, order } = rounding;
  const inputs = order.length;
  const errors = new Float64Array((to - from) * units);
  for (let p = from; p < to; p++) {
    const error = errors.subarray((p - from) * units, (p - from + 1) * units);
    rounding.round(p, error);
    const pivot = factor[p * inputs + p]!;
    for (let u = 0; u < units; u++) error[u] = (rows[p * units + u]! - error[u]!) / pivot;
    for (let q = p + 1; q < to; q++) {
      const share = factor[p * inputs + q]!;
      for (let u = 0, at = q * units; u < units; u++, at++) rows[at]! -= share * error[u]!;
    }
  }
  return errors;
}
