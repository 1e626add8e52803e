import * as tf from '@tensorflow/tfjs';
import { expectWhole, writeSealed } from '../../lib/core/sealed-file';
import { weightsOf } from '../../lib/core/weights';
import { readStored, readSafetensors, writeSafetensors } from '../../lib/export/safetensors';
import { captureModel, ModelState, restoreModel } from '../model-state';
import { NO_PARAMETERS } from './no-parameters';
import type { Setup } from './setup';
import { remedyOf } from './stage';

/** Where a phase keeps how it ends, in its folder. */
export const STATE_FILE = 'state.safetensors';

/** A model as a phase leaves it, in one sealed safetensors file. What a phase changed of its structure is in the file's metadata. */
export interface PhaseState {
  readonly tensors: ModelState;
  /** The model's `toJSON()`, where it is not the setup's. */
  readonly topology?: string;
  /** The tokenizer that texts are cut by, as JSON, where it is not the setup's. */
  readonly tokenizer?: string;
}

/** The state of a model that is not in training. */
export const stateOf = (model: tf.LayersModel): Promise<ModelState> => captureModel(model, NO_PARAMETERS);

/** Puts a state into a model that is not in training. */
const placeState = (model: tf.LayersModel, state: ModelState): void =>
  restoreModel(model, NO_PARAMETERS, state);

export function writeState(file: string, { tensors, ...structure }: PhaseState): void {
  const metadata = Object.entries(structure).filter(([, text]) => text !== undefined);
  writeSealed(file, (part) =>
    writeSafetensors(part, new Map(Object.entries(tensors)), Object.fromEntries(metadata)),
  );
}

/** @throws UserError for other bytes than were written. */
export function readState(file: string): PhaseState {
  expectWhole(file, remedyOf(file));
  return { ...readStored(file).metadata, tensors: Object.fromEntries(readSafetensors(file)) };
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

/** A model in a state; the caller's. */
export async function modelOfState(
  setup: Setup,
  seed: number,
  { topology, tensors }: PhaseState,
): Promise<tf.LayersModel> {
  const model = topology === undefined ? await setup.model(seed) : await modelOfTopology(topology);
  placeState(model, tensors);
  return model;
}

const modelOfTopology = (topology: string): Promise<tf.LayersModel> =>
  tf.models.modelFromJSON(JSON.parse(topology) as tf.io.ModelJSON['modelTopology'] as never);
