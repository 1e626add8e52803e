import * as tf from '@tensorflow/tfjs';
import { regrow } from '../../../lib/pruning/mask-rule';
import { maskKindOf, maskOf } from '../../../lib/pruning/model-masks';
import { pruner, PrunerOptions } from '../../../lib/pruning/pruner';
import { gradientMagnitude } from '../../../lib/pruning/saliencies/gradient-magnitude';
import { constantSparsity, oneShot } from '../../../lib/pruning/schedule';
import { pruning } from '../../../trainers/callbacks/pruning';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { eagerEngine } from '../../../trainers/engines/eager';
import { sgd } from '../../../trainers/optimizer';
import { parametersOf } from '../../../trainers/parameters';
import { train } from '../../../trainers/trainer';
import { slopeModel, slopeTraining } from '../toys';

beforeEach(() => tf.setBackend('cpu'));

const engines = [
  ['eager', eagerEngine({ backend: 'cpu' })],
  ['compiled', compiledEngine({ threads: 1 })],
] as const;

/** Trains w = (5, 3) with the gradients (1, 0), (0, 2), (3, 0), (0, 4), (1, 0), … and momentum 0.5. */
async function descend(
  options: Omit<PrunerOptions, 'targets'>,
  steps: number,
  engine: (typeof engines)[number][1],
) {
  const model = slopeModel();
  tf.tidy(() => model.setWeights([tf.tensor2d([[5], [3]])]));
  const optimizer = sgd({ momentum: 0.5 });
  const parameters = parametersOf(model, { slots: optimizer.slots });
  const callbacks = [pruning({ pruner: pruner({ ...options, targets: ['slope/kernel'] }) })];
  try {
    const { losses } = await train(slopeTraining(model, { optimizer, parameters, engine, callbacks, steps }));
    const { weights, slots, variable, mask } = parameters.get('slope/kernel');
    return {
      losses,
      weights: [...weights],
      velocity: [...slots['velocity']!],
      mask: [...maskOf(variable)!],
      kind: maskKindOf(variable),
      isEnforced: mask !== undefined,
    };
  } finally {
    parameters.dispose();
    model.dispose();
  }
}

it.each(engines)('a latent mask leaves weights and moments to the optimizer, %s', async (_, engine) => {
  const trained = await descend({ schedule: oneShot({ finalSparsity: 0.5 }), maskKind: 'latent' }, 4, engine);
  // v = (1, 0), (.5, 2), (3.25, 1), (1.625, 4.5); w = (4, 3), (3.5, 1), (.25, 0), (−1.375, −4.5)
  expect(trained).toEqual({
    losses: [5 * 1, 0 * 2, 3.5 * 3, 0 * 4], // what is computed with is (w₀, 0)
    weights: [-1.375, -4.5],
    velocity: [1.625, 4.5],
    mask: [1, 0],
    kind: 'latent',
    isEnforced: false,
  });
});

it.each(engines)('weights come back from under a latent mask as they are by then, %s', async (_, engine) => {
  const schedule = constantSparsity({ finalSparsity: 0.5, endStep: 4, frequency: 4 });
  const options = { schedule, maskKind: 'latent', rule: regrow } as const;
  const trained = await descend(options, 6, engine);
  // after step 4 the second is larger; then v = (1.8125, 2.25), (.90625, 3.125); w = (−3.1875, −6.75), (−4.09375, −9.875)
  expect(trained.mask).toEqual([0, 1]);
  expect(trained.losses).toEqual([5, 0, 10.5, 0, 0 * 1, -6.75 * 2]);
  expect(trained.weights).toEqual([-4.09375, -9.875]);
  const growing = await descend({ schedule, maskKind: 'latent' }, 6, engine);
  expect(growing.mask).toEqual([1, 0]); // grow only: pruned is pruned
});

it.each(engines)(
  'weights come back from under a hard mask as 0, with moments of 0, %s',
  async (_, engine) => {
    const schedule = constantSparsity({ finalSparsity: 0.5, beginStep: 2, endStep: 3, frequency: 1 });
    const options = { schedule, saliency: gradientMagnitude, rule: regrow };
    // v = (1, 0), (.5, 2); w = (4, 3), (3.5, 1); Σ|g| = (1, 2): the first goes
    expect(
      await descend({ ...options, schedule: oneShot({ finalSparsity: 0.5, beginStep: 2 }) }, 2, engine),
    ).toEqual(expect.objectContaining({ weights: [0, 1], velocity: [0, 2], mask: [0, 1] }));
    // v = (0, 1), w = (0, 0); |g| = (3, 0): the first comes back, and the second goes
    expect(await descend(options, 3, engine)).toEqual(
      expect.objectContaining({ weights: [0, 0], velocity: [0, 0], mask: [1, 0], kind: 'hard' }),
    );
    // v = (0, 0), (1, 0), (.5, 0); without the reset it would be (.25, 0), …
    expect(await descend(options, 6, engine)).toEqual(
      expect.objectContaining({ weights: [-1.5, 0], velocity: [0.5, 0], losses: [5, 6, 0, 0, 0, 0] }),
    );
  },
);
