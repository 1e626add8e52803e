import type * as tf from '@tensorflow/tfjs';
import { calibrate } from '../../compress/calibrate';
import { prepare, Prepared } from '../../compress/prepare';
import type { Scheme } from '../../compress/scheme';
import { assign } from '../../core/assign';
import { attach } from '../../core/attach';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { pathsOfLayers } from '../../core/weights';
import { effectiveValues, maskOf } from '../../pruning/model-masks';
import { bytesOf, decode } from '../../quantization/decode';
import type { GatherData } from '../gather';
import type { Change } from '../measures/measure';
import { Gate, gate } from './gate';
import { literal } from './glob';
import type { Group } from './groups';
import { needsCalibration } from '../../compress/needs-calibration';

/** A model some of whose groups compute as one scheme makes them, and the others in floats. */
export interface Variant {
  /** What the group's kernels and tables take with the scheme. */
  bytesOf(group: Group): number;
  /** Lets these groups compute with the scheme, and no others; what changes of the weights. */
  set(groups: readonly Group[]): readonly Change[];
  /** Leaves the model as it was. */
  close(): void;
}

export interface VariantOptions {
  readonly name: string;
  readonly groups: readonly Group[];
  readonly calibration: GatherData | undefined;
  readonly eager: boolean;
}

/**
 * Gets the codes of all weights and the ranges of all inputs once. From then on a group is changed by giving its weights the values
 * of their codes, and by opening gates to the quantizers of its inputs: no step of it makes a program anew.
 */
export async function openVariant(
  model: tf.LayersModel,
  scheme: Scheme,
  { name, groups, calibration, eager }: VariantOptions,
): Promise<Variant> {
  const rules = groups.flatMap(({ paths }) => paths.map((path) => ({ match: literal(path), use: scheme })));
  const prepared = prepare(model, rules);
  try {
    if (needsCalibration(prepared)) await calibrate(prepared, dataFor(name, calibration), { eager });
    return variantOf(prepared, groups);
  } catch (error) {
    prepared.detach();
    throw error;
  }
}

function dataFor(name: string, calibration: GatherData | undefined): GatherData {
  if (calibration) return calibration;
  throw new UserError(
    `Expected calibration data, since the scheme "${name}" quantizes inputs, got none; pass calibration: batches.`,
  );
}

function variantOf(prepared: Prepared, groups: readonly Group[]): Variant {
  const encodings = new Map(groups.map((group) => [group, encode(prepared, group)]));
  const gates = gatesInsteadOf(prepared);
  const setAll = (chosen: readonly Group[]): readonly Change[] => {
    const paths = new Set(chosen.flatMap((group) => group.paths));
    gates.forEach(({ switcher, path }) => switcher.set(paths.has(path)));
    groups.forEach((group) => encodings.get(group)!.set(chosen.includes(group)));
    return chosen.flatMap((group) => encodings.get(group)!.changes);
  };
  return {
    bytesOf: (group) => encodings.get(group)!.bytes,
    set: setAll,
    close() {
      setAll([]);
      gates.forEach(({ remove }) => remove());
      prepared.detach();
    },
  };
}

/** A group's weights as codes. */
interface Encoding {
  readonly bytes: number;
  readonly changes: readonly Change[];
  set(isQuantized: boolean): void;
}

function encode(prepared: Prepared, { weights }: Group): Encoding {
  const all = weights.map(({ path, variable }) => {
    const before = hostOf(variable).data as Float32Array;
    const encoded = prepared.weights
      .get(path)
      ?.encode({ data: effectiveValues(variable) as Float32Array, shape: variable.shape }, maskOf(variable));
    return {
      path,
      variable,
      before,
      after: encoded ? decode(encoded) : before,
      bytes: encoded ? bytesOf(encoded) : before.byteLength,
    };
  });
  let now = false;
  return {
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    changes: all,
    set(isQuantized) {
      if (isQuantized === now) return;
      now = isQuantized;
      all.forEach(({ variable, before, after }) => assign(variable, isQuantized ? after : before));
    },
  };
}

interface PlacedGate {
  readonly switcher: Gate;
  /** Of the layer. */
  readonly path: string;
  remove(): void;
}

/** Takes all quantizers out, and puts a gate in the place of each that stood before an input. */
function gatesInsteadOf({ model, attachments, inputs }: Prepared): PlacedGate[] {
  const pathOf = pathsOfLayers(model);
  const places = attachments.filter(({ target }) => target === 'input').map(({ layer }) => layer);
  inputs.forEach((quantizer) => (quantizer.integer = false)); // gates mix numbers, not codes
  attachments.forEach((attachment) => attachment.detach());
  return places.map((layer) => {
    const path = pathOf.get(layer)!;
    const switcher = gate(inputs.get(path)!);
    const attachment = attach(layer, 'input', switcher);
    const remove = () => {
      attachment.detach();
      switcher.dispose();
    };
    return { switcher, path, remove };
  });
}
