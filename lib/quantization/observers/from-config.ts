import { Config, madeFrom } from '../../core/config';
import type { QuantSpec } from '../spec';
import { SpecConfig, specOf } from '../spec-config';
import { entropy } from './entropy';
import { histogram } from './histogram';
import { minMax } from './min-max';
import { movingAverage } from './moving-average';
import { mse } from './mse';
import type { Observer } from './observer';
import { percentile } from './percentile';

/**
 * An observer of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no observer has, and as the observer's factory does.
 *
 * @example prepare(model, staticInt8({ input: () => observerFrom({ name: 'percentile', options: { percent: 99.9 } }) }));
 */
export function observerFrom(config: unknown): Observer {
  const factories = { minMax, movingAverage, percentile, histogram, entropy, mse };
  return madeFrom<Observer>('observer', factories, withSpec(config));
}

/** A spec in the options is plain data, too. */
function withSpec(config: unknown): unknown {
  const { spec, ...options } = (config as Partial<Config> | undefined)?.options ?? {};
  if (spec === undefined) return config;
  return {
    ...(config as Config),
    options: { ...options, spec: specOf(spec as unknown as SpecConfig) as QuantSpec },
  };
}
