import type { EngineFactory } from '../trainers/engine';
import { compiledEngine } from '../trainers/engines/compiled';
import { eagerEngine } from '../trainers/engines/eager';
import type { TrainingOptions } from './options';

const FACTORIES: Readonly<Record<TrainingOptions['engine'], (options: TrainingOptions) => EngineFactory>> = {
  compiled: ({ backend, threads }) => compiledEngine({ provider: backend, threads }),
  eager: ({ backend }) => eagerEngine({ backend }),
};

/** What `--engine`, `--backend` and `--threads` ask for. */
export function engineOf(options: TrainingOptions): EngineFactory {
  return FACTORIES[options.engine](options);
}
