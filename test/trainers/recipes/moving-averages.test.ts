import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { weightsOf } from '../../../lib/core/weights';
import { fractionOfRemaining } from '../../../lib/pruning/rewind';
import type { Callback } from '../../../trainers/callback';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { eagerEngine } from '../../../trainers/engines/eager';
import { lotteryTicket, LotteryTicketOptions } from '../../../trainers/recipes/lottery-ticket';
import { resetWeights } from '../../../trainers/recipes/rewinding';
import type { Label, Setup } from '../../../trainers/recipes/setup';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** With batch normalization, whose averages no optimizer trains. */
function normalized(seed: number): tf.LayersModel {
  const dense = (name: string, units: number, more: object = {}) =>
    tf.layers.dense({ name, units, kernelInitializer: tf.initializers.glorotNormal({ seed }), ...more });
  const norm = tf.layers.batchNormalization({ name: 'norm', momentum: 0.9 });
  const active = tf.layers.activation({ name: 'active', activation: 'relu' });
  return tf.sequential({
    layers: [dense('hidden', 10, { inputShape: [6] }), norm, active, dense('output', 2)],
  });
}

const averagesOf = (model: tf.LayersModel): number[] =>
  weightsOf(model).flatMap(({ path, variable }) => (/moving/.test(path) ? [...variable.dataSync()] : []));

/** Runs the recipe, and notes the averages at the beginning of every training and after each of its steps. */
async function watched(options: Partial<LotteryTicketOptions> = {}, breakOff?: string) {
  const averages: Record<string, number[][]> = {};
  const watch = ({ method, level }: Label): Callback => {
    const seen: number[][] = (averages[`${method} ${level}`] = []);
    return {
      name: 'watch',
      onTrainBegin: ({ model }) => void seen.push(averagesOf(model)),
      onStepEnd(training) {
        seen.push(averagesOf(training.model));
        if (breakOff === `${method} ${level}` && training.step === 5) training.interrupt('a test');
      },
    };
  };
  const setup: Setup = { ...smallSetup(), model: normalized };
  const recipe = { setup, folder, seeds: [1], levels: 2, sparsity: fractionOfRemaining(0.4) };
  const listener = { callbacks: (label: Label) => [watch(label)] };
  const outcomes = await lotteryTicket({
    ...recipe,
    head: 'rewound',
    controls: [1, 2],
    listener,
    ...options,
  });
  return { outcomes, averages };
}

const FIRST = [...Array<number>(10).fill(0), ...Array<number>(10).fill(1)];

it('moving averages begin anew in every training, like the weights', async () => {
  const { averages } = await watched();
  expect(Object.keys(averages)).toHaveLength(7);
  for (const seen of Object.values(averages)) {
    expect(seen[0]).toEqual(FIRST);
    expect(seen.at(-1)).not.toEqual(FIRST);
  }
});

it('they go back to the step that weights are rewound to, but for another initialization', async () => {
  const { averages } = await watched({ rewinding: resetWeights(3) });
  const there = averages['dense 0']![3];
  expect(there).not.toEqual(FIRST);
  for (const name of ['ticket 1', 'shuffled 1', 'ticket 2', 'shuffled 2'])
    expect(averages[name]![0]).toEqual(there);
  expect(averages['reinit 2']![0]).toEqual(FIRST);
});

describe.each([
  ['eager', eagerEngine({ backend: 'cpu' })],
  ['compiled', compiledEngine({ threads: 1 })],
])('on the %s engine', (_, engine) => {
  it.each([0, 2])(
    'broken off anywhere, tickets rewound to step %i end with the same outcomes',
    async (step) => {
      const options = {
        setup: { ...smallSetup(), model: normalized, engine },
        rewinding: resetWeights(step),
      };
      const { outcomes } = await watched(options);
      for (const training of ['dense 0', 'ticket 1', 'shuffled 2']) {
        fs.rmSync(folder, { recursive: true });
        await expect(watched(options, training)).rejects.toThrow('Stopped by a test');
        expect(withoutSeconds((await watched(options)).outcomes)).toEqual(withoutSeconds(outcomes));
      }
      fs.rmSync(path.join(folder, 'seed-1', 'ticket-1'), { recursive: true }); // as if it had ended before that
      expect(withoutSeconds((await watched(options)).outcomes)).toEqual(withoutSeconds(outcomes));
    },
  );
});
