import { madeFrom } from '../lib/core/config';
import { adagrad } from './adagrad';
import { adamW, Optimizer, sgd } from './optimizer';
import { rmsProp } from './rms-prop';
import { constantRate, LearningRate, linearWarmup } from './schedules';

/**
 * An optimizer of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no optimizer has, and as the optimizer's factory does.
 *
 * @example optimizerFrom({ name: 'adamW', options: { weightDecay: 0.1 } });
 */
export function optimizerFrom(config: unknown): Optimizer {
  return madeFrom<Optimizer>('optimizer', { adagrad, adamW, rmsProp, sgd }, config);
}

/**
 * A learning rate of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no learning rate has, and as the rate's factory does.
 *
 * @example learningRateFrom({ name: 'linearWarmup', options: { peak: 5e-5, warmupSteps: 10, totalSteps: 100 } });
 */
export function learningRateFrom(config: unknown): LearningRate {
  const factories = {
    constantRate: ({ rate }: { readonly rate: number }) => constantRate(rate),
    linearWarmup,
  };
  return madeFrom<LearningRate>('learning rate', factories, config);
}
