import { normal, seededRandom } from '../../../lib/core/random';
import { decode } from '../../../lib/quantization/decode';
import type { EncodedWeight, WeightValues } from '../../../lib/quantization/encoded-weight';
import { outputPower } from '../../../lib/quantization/rounding/reconstruction';

/** A matrix to round, and the Gram matrix of inputs that depend on each other, as those of real layers do. */
export interface Problem {
  readonly weight: WeightValues;
  readonly gram: Float64Array;
}

export function problem(inputs: number, units: number, seed = 1): Problem {
  const random = seededRandom(seed, 'rounding');
  const draw = (length: number) => Float64Array.from({ length }, () => normal(random));
  const rows = Array.from({ length: 4 * inputs }, () => {
    const [common, own] = [normal(random), draw(inputs)];
    return own.map((value, i) => (value + common) * (1 + (i % 5)));
  });
  return {
    weight: { shape: [inputs, units], data: Float32Array.from(draw(inputs * units)) },
    gram: gramOf(rows),
  };
}

export function gramOf(rows: readonly ArrayLike<number>[]): Float64Array {
  const width = rows[0]!.length;
  const gram = new Float64Array(width * width);
  for (const row of rows) {
    for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) gram[i * width + j]! += row[i]! * row[j]!;
  }
  return gram;
}

/** `‖X (W - Ŵ)‖²`. */
export function errorOf({ weight, gram }: Problem, encoded: EncodedWeight): number {
  const decoded = decode(encoded);
  return outputPower(
    weight.data.map((value, i) => value - decoded[i]!),
    gram,
    weight.shape[1]!,
  );
}
