import type * as tf from '@tensorflow/tfjs';
import type { Rule } from '../../compress/rules';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { Weight, weightsOf } from '../../core/weights';
import type { GatherData } from '../gather';
import type { Measure, OpenMeasure } from '../measures/measure';
import { Group, GroupPatterns, groupsOf } from './groups';
import { openSubject } from './subject';
import { expectFinite, SensitivityRow, SensitivityTable } from './table';
import { openVariant, Variant } from './variant';

/** Options of {@link sensitivity}. */
export interface SensitivityOptions {
  /** The choices, by name; `'skip'` is floats. */
  readonly schemes: Readonly<Record<string, Rule['use']>>;
  /** What is lost: `outputNoise`, `scoreLoss`, `fisher`, `hessianTrace`. */
  readonly measure: Measure;
  /**
   * `'oneIn'` (default): only this group is quantized, everything else computes in floats. `'oneOut'`: what is lost by quantizing this
   * group when all others are, with the same scheme. Measures of weights' errors (`fisher`, `hessianTrace`) give the same for both.
   */
  readonly compare?: 'oneIn' | 'oneOut';
  /**
   * Patterns of the paths of the layers of each group, by its name; layers in no group stay in floats. Default: every layer with a
   * kernel or a table by itself, and, where schemes differ in their inputs, together with those that consume the same tensor.
   */
  readonly groups?: GroupPatterns;
  /** Batches, without labels, for the ranges of schemes that quantize inputs. */
  readonly calibration?: GatherData;
  /** Op by op on tfjs's current backend, for models that cannot be compiled. Default false. */
  readonly eager?: boolean;
  /** Told of each row as it is found. */
  readonly onRow?: (row: SensitivityRow) => void;
}

/**
 * **What each layer loses by each scheme**: for every group of layers and every choice, what it takes and what is lost, as a table
 * that `search` and `paretoFront` read, then or later from JSON. The model computes on the compiled engine, with quantization
 * simulated in floats, and is left as it was, also on an error.
 *
 * @throws UserError for no schemes, groups that match nothing or overlap, a scheme that needs calibration data where there are none,
 *   a model that is prepared already, and a loss that is not finite.
 *
 * @example
 * const schemes = { float: 'skip', int8: staticInt8(), int4: weightOnly(int4(perGroup(0, 32))) } as const;
 * const table = await sensitivity(model, { schemes, measure: outputNoise({ data }), calibration: data });
 * const prepared = prepare(model, rulesOf(search(table, { bytes: 20e6 }), schemes));
 */
export async function sensitivity(
  model: tf.LayersModel,
  options: SensitivityOptions,
): Promise<SensitivityTable> {
  const { schemes, measure, compare = 'oneIn', eager = false } = options;
  const uses = Object.entries(schemes);
  if (uses.length === 0) throw new UserError('Expected at least one scheme to choose from, got none.');
  const inputs = new Set(uses.flatMap(([, use]) => (use === 'skip' || !use.input ? [] : [use.input])));
  const groups = groupsOf(model, { groups: options.groups, sharesInputs: inputs.size > 1 });
  const weights = groups.flatMap((group) => group.weights);
  const subject = openSubject(model, weights, eager);
  try {
    const opened = await measure.open(subject);
    const found: SensitivityRow[] = [];
    for (const each of uses) found.push(...(await rowsOf(model, groups, opened, each, options)));
    return {
      measure: `${measure.name}, ${compare === 'oneIn' ? 'one in' : 'one out'}`,
      rest: restOf(model, weights),
      rows: groups.flatMap(({ name }) => found.filter(({ group }) => group === name)),
    };
  } finally {
    await subject.dispose();
  }
}

/** The rows of one choice, group by group. */
async function rowsOf(
  model: tf.LayersModel,
  groups: readonly Group[],
  measure: OpenMeasure,
  [choice, use]: [string, Rule['use']],
  { compare = 'oneIn', calibration, eager = false, onRow }: SensitivityOptions,
): Promise<SensitivityRow[]> {
  const found: SensitivityRow[] = [];
  const add = (group: Group, bytes: number, loss: number): void => {
    const row = rowOf(group, { choice, bytes, loss });
    expectFinite(row);
    found.push(row);
    onRow?.(row);
  };
  if (use === 'skip') {
    groups.forEach((group) => add(group, floatBytes(group.weights), 0));
    return found;
  }
  const variant = await openVariant(model, use, { name: choice, groups, calibration, eager });
  try {
    const lossOf = await LOSSES[compare](groups, measure, variant);
    for (const group of groups) add(group, variant.bytesOf(group), await lossOf(group));
  } finally {
    variant.close();
  }
  return found;
}

type Losses = (
  groups: readonly Group[],
  measure: OpenMeasure,
  variant: Variant,
) => Promise<(group: Group) => Promise<number>>;

const LOSSES: Readonly<Record<'oneIn' | 'oneOut', Losses>> = {
  oneIn: async (_, measure, variant) => (group) => measure.lossOf(variant.set([group])),
  oneOut: async (groups, measure, variant) => {
    const all = await measure.lossOf(variant.set(groups));
    return async (group) =>
      all - (await measure.lossOf(variant.set(groups.filter((other) => other !== group))));
  },
};

function rowOf(
  { name: group, paths, weights }: Group,
  { choice, bytes, loss }: Pick<SensitivityRow, 'choice' | 'bytes' | 'loss'>,
): SensitivityRow {
  const parameters = sizeOf(weights);
  return { group, paths, choice, parameters, bytes, bits: (8 * bytes) / parameters, loss };
}

function restOf(model: tf.LayersModel, chosen: readonly Weight[]): SensitivityTable['rest'] {
  const paths = new Set(chosen.map(({ path }) => path));
  const rest = weightsOf(model).filter(({ path }) => !paths.has(path));
  return { parameters: sizeOf(rest), bytes: floatBytes(rest) };
}

const sizeOf = (weights: readonly Weight[]) => weights.reduce((sum, { variable }) => sum + variable.size, 0);

/** What weights take as they are. */
function floatBytes(weights: readonly Weight[]): number {
  return weights.reduce((sum, { variable }) => sum + hostOf(variable).data.byteLength, 0);
}
