import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { adagrad } from '../adagrad';
import type { Callback } from '../callback';
import { adamW, type Optimizer, sgd } from '../optimizer';
import type { Parameter } from '../parameters';
import { rmsProp } from '../rms-prop';
import type { LearningRate } from '../schedules';
import { type Moments, momentsOf, setMoments } from './moments';

/** An optimizer of tfjs, for our training. */
export interface StockOptimizer {
  readonly optimizer: Optimizer;
  /** What the tfjs optimizer says at each step: callbacks may change it. */
  readonly learningRate: LearningRate;
  /** Begins with the moments that the tfjs optimizer has of earlier trainings, and notes those at the end. */
  readonly callback: Callback;
  /** Gives the tfjs optimizer the moments and the number of steps at the end. */
  giveBack(steps: number): Promise<void>;
}

/** How a kind of optimizer is made of its config, and what tfjs calls its slots. */
interface Kind {
  make(config: tf.serialization.ConfigDict): Optimizer;
  /** Ours to tfjs's, in the order in which tfjs lists them. */
  readonly slots: Readonly<Record<string, string>>;
  /** What tfjs's slots have more than ours. */
  readonly offset?: (config: tf.serialization.ConfigDict) => number;
}

const number = (config: tf.serialization.ConfigDict, name: string): number => config[name] as number;

const KINDS: Readonly<Record<string, Kind>> = {
  SGD: { make: () => sgd({ momentum: 0 }), slots: {} },
  Momentum: {
    make: (config) =>
      sgd({ momentum: number(config, 'momentum'), nesterov: config['useNesterov'] as boolean }),
    slots: { velocity: 'momentum' },
  },
  Adam: {
    make: (config) =>
      adamW({
        beta1: number(config, 'beta1'),
        beta2: number(config, 'beta2'),
        epsilon: number(config, 'epsilon'),
        weightDecay: 0,
      }),
    slots: { m: 'm', v: 'v' },
  },
  RMSProp: {
    make: (config) =>
      rmsProp({
        decay: number(config, 'decay'),
        momentum: number(config, 'momentum'),
        epsilon: number(config, 'epsilon'),
        centered: config['centered'] as boolean,
      }),
    slots: { ms: 'rms', change: 'momentum', mg: 'mg' },
  },
  Adagrad: {
    make: (config) => adagrad({ initialAccumulator: number(config, 'initialAccumulatorValue') }),
    slots: { sum: 'accumulator' },
    offset: (config) => number(config, 'initialAccumulatorValue'),
  },
};

/**
 * Our optimizer that computes what one of tfjs's does, and goes on from where that one is.
 *
 * @throws UserError for a kind that there is none of: adadelta, adamax, and one's own.
 */
export function stockOptimizer(stock: tf.Optimizer, model: tf.LayersModel): StockOptimizer {
  const kind = KINDS[stock.getClassName()];
  if (!kind) {
    throw new UserError(
      `Expected an optimizer of tf.train.sgd, momentum, adam, rmsprop or adagrad, got ${stock.getClassName()}; compile the model with ` +
        'one of these.',
    );
  }
  const config = stock.getConfig();
  const offset = kind.offset?.(config) ?? 0;
  const made = kind.make(config);
  const steps = stock.iterations;
  const slots = Object.entries(kind.slots).filter(([slot]) => made.slots.includes(slot));
  let kept: Moments = new Map();
  return {
    optimizer: {
      ...made,
      apply: (parameters, options) => made.apply(parameters, { ...options, step: steps + options.step }),
    },
    learningRate: () => number(stock.getConfig(), 'learningRate'),
    callback: {
      name: 'stock-optimizer',
      async onTrainBegin({ parameters: { list } }) {
        const known = await momentsOf(stock);
        each(list, slots, (values, name) => {
          const found = known.get(name);
          if (found) values.set(shifted(found, -offset));
        });
      },
      onTrainEnd({ parameters: { list } }) {
        const found = new Map<string, Float32Array>();
        each(list, slots, (values, name) => found.set(name, shifted(values, offset)));
        kept = found;
      },
    },
    giveBack: async (done) => {
      const named = slots.flatMap(([, suffix]) =>
        model.trainableWeights.map(({ name, shape }) => [`${name}/${suffix}`, shape as number[]] as const),
      );
      await setMoments(stock, steps + done, kept, new Map(named));
    },
  };
}

/** Shows each slot of each parameter, with the name of tfjs's. */
function each(
  list: readonly Parameter[],
  names: readonly (readonly [string, string])[],
  show: (values: Float32Array, name: string) => void,
): void {
  for (const [slot, suffix] of names) {
    for (const { slots, variable } of list) show(slots[slot]!, `${variable.name}/${suffix}`);
  }
}

const shifted = (values: Float32Array, by: number): Float32Array => values.map((value) => value + by);
