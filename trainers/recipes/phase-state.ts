import * as tf from '@tensorflow/tfjs';
import { expectWhole, writeSealed } from '../../lib/core/sealed-file';
import { weightsOf } from '../../lib/core/weights';
import { readStored, readSafetensors, writeSafetensors } from '../../lib/export/safetensors';
import { captureModel, ModelState, restoreModel } from '../model-state';
import { NO_PARAMETERS } from './no-parameters';
import { remedyOf } from './stage';

/** A model's state as a phase leaves it, in one sealed safetensors file. Where a phase changed the structure, that is in its metadata. */
export interface PhaseState {
  readonly tensors: ModelState;
  /** The model's `toJSON()`, where it is not the setup's. */
  readonly topology?: string;
}

/** The state of a model that is not in training. */
export const stateOf = (model: tf.LayersModel): Promise<ModelState> => captureModel(model, NO_PARAMETERS);

/** Puts a state into a model that is not in training. */
export const placeState = (model: tf.LayersModel, state: ModelState): void =>
  restoreModel(model, NO_PARAMETERS, state);

export function writeState(file: string, { tensors, topology }: PhaseState): void {
  writeSealed(file, (part) =>
    writeSafetensors(part, new Map(Object.entries(tensors)), topology === undefined ? {} : { topology }),
  );
}

/** @throws UserError for other bytes than were written. */
export function readState(file: string): PhaseState {
  expectWhole(file, remedyOf(file));
  const { topology } = readStored(file).metadata;
  return {
    tensors: Object.fromEntries(readSafetensors(file)),
    ...(topology === undefined ? {} : { topology }),
  };
}

/** The structure of a model, if it is another than that of the setup's. */
export function topologyBeside(model: tf.LayersModel, usual: ModelState): string | undefined {
  const weights = weightsOf(model);
  const isUsual = weights.every(
    ({ path, variable: { shape } }) => usual[`weights/${path}`]?.shape.join() === shape.join(),
  );
  const count = Object.keys(usual).filter((name) => name.startsWith('weights/')).length;
  return isUsual && weights.length === count ? undefined : JSON.stringify(model.toJSON(null, false));
}

/** A model of a structure that `topologyBeside` gave. */
export const modelOfTopology = (topology: string): Promise<tf.LayersModel> =>
  tf.models.modelFromJSON(JSON.parse(topology) as tf.io.ModelJSON['modelTopology'] as never);
