import type * as tf from '@tensorflow/tfjs';
import { gather, Gathered, GatherData } from '../../analysis/gather';
import { gatherInStages } from '../../analysis/gather-in-stages';
import type { Recording } from '../../analysis/record';
import { count, sum } from '../../analysis/statistics';
import { undoOnFailure } from '../../core/conclude';
import { UserError } from '../../core/errors';
import { factsOf, weightFacts } from '../../core/facts-of';
import { Weight, weightsOf } from '../../core/weights';
import { decode } from '../../quantization/decode';
import type { Prepared, Skipped } from '../prepared';
import { biasShiftOf } from './bias-shift';
import { batchesOf, CalibrationOptions, unquantized, withoutInputs } from './calibration';
import { chooseWeights, QuantizedWeight, stagesOf, valuesOf } from './kernels';
import { meanOutput } from './mean-output';

/** Options of {@link correctBiases}. */
export interface CorrectBiasesOptions extends CalibrationOptions {
  /**
   * `empirical`: the means of a layer in the model of quantized weights against those in the float model, layer after layer, so that each
   * makes up for all that happened before it, too; about two passes over the data, and memory for what later layers read of all of them.
   * Inputs are in floats meanwhile: what a range clips off a few large numbers would be spread over all of the others. `analytic`:
   * what the rounding of its own weight does to the mean of its input in the float model; one pass. Default `empirical`.
   */
  readonly method?: 'empirical' | 'analytic';
}

/** What was taken off a layer's bias. */
export interface CorrectedBias {
  /** Of the bias. */
  readonly path: string;
  /** Root mean square over the output channels. */
  readonly shift: number;
}

/** The biases that were corrected, and the weights whose layers were not, with the reasons. */
export interface CorrectedBiases {
  /** One of each bias that was shifted, in the order of the model. */
  readonly layers: readonly CorrectedBias[];
  /** By the weight's path. */
  readonly skipped: readonly Skipped[];
}

/**
 * **Bias correction** (Nagel et al., 2019, arXiv:1906.04721, section 4.2): rounding a weight shifts the mean of each output channel,
 * which is taken off the bias,
 *
 * `b ← b - (E[x̂] Ŵ - E[x] W)`, empirical, or `b ← b - E[x] (Ŵ - W)`, analytic,
 *
 * with x̂ the input in the model of quantized weights, and of a convolution, whose borders see other means, `E[ŷ] - E[y]` of its output, empirical, or
 * the input's mean under every tap, analytic. The model's own biases stay as they are: the shift is attached, holds where the weight is
 * quantized, goes into what `convert` returns, and out with `detach`. Called again it starts anew.
 *
 * @param data batches: what the model takes, in the order of its inputs. Tensors stay the caller's.
 * @throws UserError where there is nothing to correct, without data, and for means that are not finite; then nothing has changed.
 *
 * @example
 * const prepared = prepare(model, weightOnly(int4(perChannel())));
 * await correctBiases(prepared, [[xs]], { method: 'analytic' });
 * const compressed = convert(prepared);
 */
export async function correctBiases(
  prepared: Prepared,
  data: GatherData,
  { method = 'empirical', ...watching }: CorrectBiasesOptions = {},
): Promise<CorrectedBiases> {
  const biases = biasesOf(prepared.model);
  const { chosen, skipped } = chooseWeights(prepared, (weight) => reasonAgainst(weight, biases, method));
  const batches = await batchesOf(prepared, data);
  const shifts = new Map(
    chosen.map((each) => [each, biasShiftOf(prepared, biases.get(each.weight.layer)!, each.quantizer)]),
  );
  const before = new Map([...shifts.values()].map((each) => [each, each.shift]));
  const layers: CorrectedBias[] = [];
  const correct = (weights: readonly QuantizedWeight[], float: Means, quantized: Means): void => {
    for (const each of weights) {
      const { path } = biases.get(each.weight.layer)!;
      const mean = { float: float.get(each)!, quantized: quantized.get(each)! };
      const shift = shiftOf(each, mean, placeOf(each.weight, method));
      expectFinite(shift, path);
      shifts.get(each)!.shift = shift;
      layers.push({ path, shift: rootMeanSquare(shift) });
    }
  };
  const run = async (): Promise<void> => {
    before.forEach((_, each) => (each.shift = undefined));
    const requests = requestsOf(chosen, method);
    const gathered = await unquantized(prepared, () => gather(prepared.model, batches, requests, watching));
    const float = meansOf(chosen, gathered);
    if (method === 'analytic') return correct(chosen, float, float);
    const stages = stagesOf(prepared.model, chosen);
    const changed = stages.map((stage) => ({
      requests: requestsOf(stage, method),
      changes: stage.map((each) => shifts.get(each)!.input),
    }));
    const onStage = (i: number, found: readonly Gathered[]) =>
      correct(stages[i]!, float, meansOf(stages[i]!, found));
    await withoutInputs(prepared, () => gatherInStages(prepared.model, batches, changed, onStage, watching));
  };
  await undoOnFailure(run, () => before.forEach((shift, each) => (each.shift = shift)));
  return { layers, skipped };
}

type Method = NonNullable<CorrectBiasesOptions['method']>;

function biasesOf(model: tf.LayersModel): Map<tf.layers.Layer, Weight> {
  return new Map(
    weightsOf(model)
      .filter((weight) => weight.name === 'bias' && weightFacts(weight).role === 'bias')
      .map((weight) => [weight.layer, weight]),
  );
}

function reasonAgainst(
  weight: Weight,
  biases: ReadonlyMap<tf.layers.Layer, Weight>,
  method: Method,
): string | undefined {
  const roles = Object.values(factsOf(weight.layer)?.weights ?? {}).map(({ role }) => role);
  if (roles.includes('table')) return 'it is a table, whose rows are looked up';
  if (roles.includes('recurrent')) return 'it is a recurrent layer’s';
  if (!biases.has(weight.layer)) return 'its layer has no bias';
  if (roles.filter((role) => role === 'kernel' || role === 'depthwise').length > 1)
    return 'its layer has several kernels';
  if (placeOf(weight, method) === 'input' || isLinear(weight.layer)) return undefined;
  return 'the activation inside of its layer hides what comes before it; give the activation a layer of its own';
}

function isLinear(layer: tf.layers.Layer): boolean {
  return (layer.getConfig()['activation'] ?? 'linear') === 'linear';
}

/** Where the means are taken: at the input, which gives a dense layer's output exactly, whatever its activation. */
function placeOf({ rank }: Weight, method: Method): Recording['of'] {
  return method === 'analytic' || rank === 2 ? 'input' : 'output';
}

/** The mean of each channel of what goes into layers, or comes out of them. */
type Means = ReadonlyMap<QuantizedWeight, Float64Array>;

/** Two for each weight. */
function requestsOf(weights: readonly QuantizedWeight[], method: Method): Recording[] {
  return weights.flatMap(({ weight }): Recording[] => {
    const [layer, of] = [weight.layer, placeOf(weight, method)];
    return [
      { layer, of, statistic: sum },
      { layer, of, statistic: count },
    ];
  });
}

function meansOf(weights: readonly QuantizedWeight[], found: readonly Gathered[]): Means {
  return new Map(weights.map((each, i) => [each, mean(found[2 * i]!, found[2 * i + 1]!)]));
}

const mean = (total: Gathered, rows: Gathered): Float64Array =>
  total.data.map((value) => value / rows.data[0]!);

function shiftOf(
  { weight, quantizer }: QuantizedWeight,
  { float, quantized }: { readonly float: Float64Array; readonly quantized: Float64Array },
  place: Recording['of'],
): Float32Array {
  if (place === 'output') return Float32Array.from(quantized, (value, i) => value - float[i]!);
  const values = valuesOf(weight);
  const rounded = { shape: values.shape, data: decode(quantizer.encode(values)) };
  const facts = weightFacts(weight);
  const before = meanOutput(float, values, facts);
  return Float32Array.from(meanOutput(quantized, rounded, facts), (value, i) => value - before[i]!);
}

const rootMeanSquare = (values: Float32Array): number =>
  Math.sqrt(values.reduce((total, value) => total + value ** 2, 0) / values.length);

function expectFinite(shift: Float32Array, path: string): void {
  if (shift.every(Number.isFinite)) return;
  throw new UserError(
    `Expected finite means to correct "${path}" by, got NaN or an infinity; look at the calibration data, and whether any row of it counts.`,
  );
}
