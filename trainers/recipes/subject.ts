import type * as tf from '@tensorflow/tfjs';
import { undoOnFailure } from '../../lib/core/conclude';
import type { EngineFactory } from '../engine';
import { Parameters, parametersOf } from '../parameters';
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

/** The model of a seed, ready to be trained. */
export async function openSubject(setup: Setup, seed: number): Promise<Subject> {
  const model = await setup.model(seed);
  const parameters = parametersOf(model, { slots: setup.optimizer.slots });
  const engine = await undoOnFailure(
    () => setup.engine(model, parameters, setup.loss),
    () => (parameters.dispose(), model.dispose()),
  );
  return {
    setup,
    model,
    parameters,
    engine: () =>
      Promise.resolve({
        description: engine.description,
        gradients: (batch, options) => engine.gradients(batch, options),
        predict: (xs) => engine.predict(xs),
        dispose() {},
      }),
    dispose() {
      engine.dispose();
      parameters.dispose();
      model.dispose();
    },
  };
}
