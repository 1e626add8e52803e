import type * as tf from '@tensorflow/tfjs';
import { runAll, undoOnFailure } from '../../lib/core/conclude';
import type { EngineFactory } from '../engine';
import { Parameters, parametersOf } from '../parameters';
import { NO_PARAMETERS } from './no-parameters';
import type { Setup } from './setup';

/** A model with its parameters and its engine, which serve one training after another: it is compiled once. */
export interface Subject {
  readonly setup: Setup;
  readonly model: tf.LayersModel;
  readonly parameters: Parameters;
  /** Lends the engine to a training, which must not dispose it. */
  readonly engine: EngineFactory;
  dispose(): void;
}

/** A model ready to be trained, which it owns from now on: with what is attached to it by then. */
export async function openSubject(setup: Setup, model: tf.LayersModel): Promise<Subject> {
  const parameters = parametersOf(model, { slots: setup.optimizer.slots });
  const engine = await undoOnFailure(
    () => setup.engine(model, parameters, setup.loss),
    () => runAll([() => parameters.dispose(), () => void model.dispose()]),
  );
  return {
    setup,
    model,
    parameters,
    engine: () =>
      Promise.resolve({
        description: engine.description,
        gradients: (batch, options) => engine.gradients(batch, options),
        inference: () => engine.inference(),
        use: () => engine.use(),
        dispose() {},
      }),
    dispose: () => runAll([() => engine.dispose(), () => parameters.dispose(), () => void model.dispose()]),
  };
}

/** A model that is not trained, which it owns from now on. */
export function untrained(setup: Setup, model: tf.LayersModel): Subject {
  return {
    setup,
    model,
    parameters: NO_PARAMETERS,
    engine: () => Promise.reject(new Error(`"${model.name}" is not trained.`)),
    dispose: () => model.dispose(),
  };
}
