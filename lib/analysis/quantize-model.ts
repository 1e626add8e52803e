import type * as tf from '@tensorflow/tfjs';
import { calibrate } from '../compress/calibrate';
import { cloneModel } from '../compress/clone';
import type { Compressed } from '../compress/compressed';
import { convert } from '../compress/convert';
import { needsCalibration } from '../compress/needs-calibration';
import { prepare } from '../compress/prepare';
import type { Rules } from '../compress/rules';
import { dynamicInt8 } from '../compress/scheme';
import { assign } from '../core/assign';
import { UserError } from '../core/errors';
import { hostOf } from '../core/host-tensor';
import { weightsOf } from '../core/weights';
import { masksOf, setMasks } from '../pruning/model-masks';
import type { GatherData } from './gather';
import { Repair, RepairName, repairs } from './repairs';
import type { RowSelector } from './record';

/** Options of {@link quantizeModel}. */
export interface QuantizeModelOptions {
  /** What is quantized, and how. Default `dynamicInt8()`, which needs no data. */
  readonly rules?: Rules;
  /** Batches, without labels, for ranges and repairs: a few hundred examples. A list, since it is read several times. */
  readonly data?: GatherData;
  /** Which rows of what layers read count for ranges and in repairs: not those of padding. Default: all. */
  readonly rows?: RowSelector;
  /** Repairs to make, by name or your own, in the order of `repairs`. Default: none. */
  readonly repair?: readonly (RepairName | Repair)[];
}

/**
 * **Post-training quantization in one line**: prepares a copy of a trained model, finds ranges on data where the rules quantize inputs
 * by observers, repairs, and converts. The model is left as it is.
 *
 * @throws UserError as `prepare`, `calibrate` and the repairs do; and where ranges or repairs need data and there are none.
 *
 * @example
 * const small = await quantizeModel(model); // int8 weights, dynamic activations
 * const smaller = await quantizeModel(model, { rules: weightOnly(int4(perChannelGroup(32))), data: batches, repair: ['gptq'] });
 */
export async function quantizeModel(
  model: tf.LayersModel,
  { rules = dynamicInt8(), data, rows, repair = [] }: QuantizeModelOptions = {},
): Promise<Compressed> {
  const chosen = chosenOf(repair);
  if (chosen.length > 0 && !data) throw needsData(model, chosen.map(({ name }) => name).join(', '));
  const copy = copyOf(model);
  try {
    for (const each of chosen) await each.onModel?.(copy, { data: data!, rows });
    const prepared = prepare(copy, rules);
    try {
      const observed = needsCalibration(prepared);
      if (observed && !data) throw needsData(model, 'the ranges of inputs');
      if (observed) await calibrate(prepared, data!, { rows });
      for (const each of chosen) await each.onPrepared?.(prepared, { data: data!, rows });
      return convert(prepared);
    } finally {
      prepared.detach();
    }
  } finally {
    weightsOf(copy).forEach(({ variable }) => variable.dispose());
  }
}

/** Those that are asked for, in the order in which they are made; a user's own come last. */
function chosenOf(asked: readonly (RepairName | Repair)[]): Repair[] {
  const known = Object.keys(repairs);
  const unknown = asked.find((each) => typeof each === 'string' && !known.includes(each));
  if (unknown !== undefined) {
    throw new UserError(`Expected repairs among ${known.join(', ')}, got "${String(unknown)}".`);
  }
  const named = Object.values<Repair>(repairs).filter(({ name }) => asked.includes(name as RepairName));
  return [...named, ...asked.filter((each) => typeof each !== 'string')];
}

function copyOf(model: tf.LayersModel): tf.LayersModel {
  const { model: copy } = cloneModel(model);
  const targets = new Map(weightsOf(copy).map(({ path, variable }) => [path, variable]));
  weightsOf(model).forEach(({ path, variable }) => assign(targets.get(path)!, hostOf(variable).data.slice()));
  setMasks(copy, masksOf(model));
  return copy;
}

function needsData({ name }: tf.LayersModel, what: string): UserError {
  return new UserError(
    `Expected data to quantize "${name}" with, for ${what}, got none; pass a list of batches as data.`,
  );
}
