import * as tf from '@tensorflow/tfjs';
import { regrow } from '../../../lib/pruning/mask-rule';
import type { MaskKind } from '../../../lib/pruning/mask';
import { maskOf } from '../../../lib/pruning/model-masks';
import { pruner } from '../../../lib/pruning/pruner';
import { randomSaliency } from '../../../lib/pruning/saliency';
import { linearDecay } from '../../../lib/pruning/schedule';
import type { Callback, Training } from '../../../trainers/callback';
import { pruning } from '../../../trainers/callbacks/pruning';
import { adamW, Optimizer, sgd } from '../../../trainers/optimizer';
import { train } from '../../../trainers/trainer';
import { classifierModel, classifierTraining } from '../toys';

beforeEach(() => tf.setBackend('cpu'));

const optimizers: readonly [string, Optimizer][] = [
  ['sgd', sgd({ momentum: 0 })],
  ['sgd with weight decay', sgd({ momentum: 0, weightDecay: 0.1 })],
  ['momentum', sgd({ momentum: 0.9 })],
  ['Nesterov momentum', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.1 })],
  ['Adam', adamW({ weightDecay: 0 })],
  ['AdamW', adamW({ weightDecay: 0.1 })],
];

/** How many pruned weights and moments of them are not 0 after each step, and how many weights are pruned. */
async function strayAfterSteps(optimizer: Optimizer, maskKind: MaskKind) {
  const model = classifierModel();
  const schedule = linearDecay({ finalSparsity: 0.6, beginStep: 1, endStep: 6, frequency: 1 });
  const by = pruner({ schedule, saliency: randomSaliency(1), rule: regrow, maskKind });
  const seen: { stray: number; pruned: number }[] = [];
  const watch: Callback = { name: 'watch', onStepEnd: (training) => void seen.push(strayIn(training)) };
  try {
    await train({
      ...classifierTraining(model),
      optimizer,
      steps: 9,
      callbacks: [pruning({ pruner: by }), watch],
    });
    return seen;
  } finally {
    model.dispose();
  }
}

function strayIn({ parameters }: Training) {
  let [stray, pruned] = [0, 0];
  for (const { weights, slots, variable } of parameters.list) {
    const mask = maskOf(variable);
    mask?.forEach((keep, i) => {
      if (keep === 1) return;
      pruned++;
      stray += [weights, ...Object.values(slots)].filter((values) => values[i] !== 0).length;
    });
  }
  return { stray, pruned };
}

it.each(optimizers)(
  'pruned weights and moments are exactly 0 after every step of %s',
  async (_, optimizer) => {
    const seen = await strayAfterSteps(optimizer, 'hard');
    expect(seen.map(({ stray }) => stray)).toEqual(Array(9).fill(0));
    expect(seen.at(-1)!.pruned).toBeGreaterThan(seen[1]!.pruned);
  },
);

it.each(optimizers)('but not under a latent mask: %s', async (_, optimizer) => {
  const seen = await strayAfterSteps(optimizer, 'latent');
  expect(seen.at(-1)!.stray).toBeGreaterThan(0);
});
