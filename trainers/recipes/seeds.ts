import type * as tf from '@tensorflow/tfjs';
import type { Json } from '../../lib/core/config';
import type { ModelState } from '../model-state';
import { stateOf } from './phase-state';
import type { Setup } from './setup';
import { setupIdentity } from './setup-identity';
import { openSubject, Subject } from './subject';

/** What the phases of one seed share. */
export interface Seed {
  readonly first: ModelState;
  /** Of the setup, with this seed's first weights and data. */
  readonly identity: Json;
  /** The model of those that attach nothing, with its engine; opened when it is first asked for. */
  shared(): Promise<Subject>;
  dispose(): void;
}

export async function openSeed(setup: Setup, seed: number): Promise<Seed> {
  const first = await firstState(setup.model, seed);
  let shared: Subject | undefined;
  return {
    first,
    identity: await setupIdentity(setup, seed, first),
    shared: async () => (shared ??= await openSubject(setup, await setup.model(seed))),
    dispose: () => shared?.dispose(),
  };
}

/** The state of a new model. */
export async function firstState(
  make: (seed: number) => tf.LayersModel | Promise<tf.LayersModel>,
  seed: number,
): Promise<ModelState> {
  const model = await make(seed);
  try {
    return await stateOf(model);
  } finally {
    model.dispose();
  }
}
