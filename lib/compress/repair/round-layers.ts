import { gather, GatherData } from '../../analysis/gather';
import { gram } from '../../analysis/statistics';
import { undoOnFailure } from '../../core/conclude';
import { UserError } from '../../core/errors';
import type { Weight } from '../../core/weights';
import { decode } from '../../quantization/decode';
import type { EncodedWeight, WeightValues } from '../../quantization/encoded-weight';
import { outputPower } from '../../quantization/rounding/reconstruction';
import { isHalf, QuantSpec } from '../../quantization/spec';
import type { WeightQuantizer } from '../../quantization/transforms/weight-quantizer';
import type { Prepared, Skipped } from '../prepared';
import { batchesOf, CalibrationOptions, unquantized } from './calibration';
import { chooseWeights, notDense, QuantizedWeight, stagesOf, valuesOf } from './kernels';

/** What rounding with a look at data did for a layer. */
export interface RoundedLayer {
  /** Of the weight. */
  readonly path: string;
  /** Of rounding to the nearest: `‖X W - X Ŵ‖² / ‖X W‖²` on the calibration data. */
  readonly errorBefore: number;
  /** Of the codes that it has now; as before where rounding to the nearest was no worse, and was kept. */
  readonly errorAfter: number;
}

/** What was rounded anew, and what was not, with the reasons. */
export interface Rounded {
  /** In the order in which they were rounded. */
  readonly layers: readonly RoundedLayer[];
  /** By the weight's path; they are rounded to the nearest. */
  readonly skipped: readonly Skipped[];
}

export interface RoundLayersOptions extends CalibrationOptions {
  /**
   * Layer after layer, each on what the layers before it, rounded already, give it. Otherwise all on what they are given in the float
   * model: one pass over the data instead of one per layer. Default true.
   */
  readonly sequential?: boolean;
  /** Is told after each layer how many of them are done. */
  readonly onLayer?: (done: number, layers: number) => void;
}

/** Codes for a matrix [inputs, units] that take the Gram matrix `Σ x xᵀ` of its inputs into account. */
export type RoundMatrix = (
  weight: WeightValues,
  gram: Float64Array,
  spec: QuantSpec,
) => Promise<EncodedWeight>;

/**
 * Rounds the matrices of a prepared model's dense layers anew, and fixes their codes. All or nothing: after a failure they are what they
 * were.
 */
export async function roundLayers(
  prepared: Prepared,
  data: GatherData,
  round: RoundMatrix,
  { sequential = true, onLayer = () => undefined, ...watching }: RoundLayersOptions,
): Promise<Rounded> {
  const { chosen, skipped } = chooseWeights(prepared, reasonAgainst);
  const batches = await batchesOf(prepared, data);
  const before = chosen.map(({ quantizer }) => quantizer.fixed);
  const layers: RoundedLayer[] = [];
  const unseen: Skipped[] = [];
  const stages = sequential ? stagesOf(prepared.model, chosen) : [chosen];
  const grams = (stage: readonly QuantizedWeight[]) =>
    gather(
      prepared.model,
      batches,
      stage.map(({ weight: { layer } }) => ({ layer, of: 'input', statistic: gram }) as const),
      watching,
    );
  const run = async (): Promise<void> => {
    chosen.forEach(({ quantizer }) => quantizer.fix(undefined));
    for (const stage of stages) {
      const found = await (sequential ? grams(stage) : unquantized(prepared, () => grams(stage)));
      for (const [i, each] of stage.entries()) {
        const why = silence(each, found[i]!.data);
        if (why !== undefined) unseen.push({ path: each.weight.path, why });
        else layers.push(await roundLayer(each, found[i]!.data, round));
        onLayer(layers.length + unseen.length, chosen.length);
      }
    }
  };
  await undoOnFailure(run, () => chosen.forEach(({ quantizer }, i) => quantizer.fix(before[i])));
  return { layers, skipped: [...skipped, ...unseen] };
}

function reasonAgainst(weight: Weight, { spec }: WeightQuantizer): string | undefined {
  return isHalf(spec) ? `it is kept in ${spec.format}, not in codes` : notDense(weight);
}

/** Why there is nothing to learn from a layer's inputs. @throws UserError if they are not finite. */
function silence(
  { weight: { path, variable } }: QuantizedWeight,
  gramMatrix: Float64Array,
): string | undefined {
  const inputs = variable.shape[0]!;
  let power = 0;
  for (let i = 0; i < inputs; i++) power += gramMatrix[i * inputs + i]!;
  if (power < Infinity) return power === 0 ? 'its inputs are all 0 in this data' : undefined;
  throw new UserError(
    `Expected finite inputs of the layer of "${path}" on the calibration data, got NaN or an infinity.`,
  );
}

async function roundLayer(
  { weight, quantizer }: QuantizedWeight,
  gramMatrix: Float64Array,
  round: RoundMatrix,
): Promise<RoundedLayer> {
  const values = valuesOf(weight);
  const units = values.shape[1]!;
  const power = outputPower(values.data, gramMatrix, units);
  const errorOf = (encoded: EncodedWeight): number => {
    const decoded = decode(encoded);
    const lost = outputPower(
      values.data.map((value, i) => value - decoded[i]!),
      gramMatrix,
      units,
    );
    return power === 0 ? 0 : lost / power;
  };
  const nearest = quantizer.encode(values);
  const rounded = await round(values, gramMatrix, quantizer.spec as QuantSpec);
  const [errorBefore, error] = [errorOf(nearest), errorOf(rounded)];
  const isBetter = error < errorBefore;
  quantizer.fix(isBetter ? rounded : nearest);
  return { path: weight.path, errorBefore, errorAfter: isBetter ? error : errorBefore };
}
