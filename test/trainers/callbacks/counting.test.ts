import * as tf from '@tensorflow/tfjs';
import { magnitudePruner, PrunerOptions } from '../../../lib/pruning/pruner';
import { linearDecay, oneShot } from '../../../lib/pruning/schedule';
import { earlyStopping } from '../../../trainers/callbacks/early-stopping';
import { pruning } from '../../../trainers/callbacks/pruning';
import { train } from '../../../trainers/trainer';
import { fakeTraining } from '../fake-training';
import { fourRows, slopeModel, slopeTraining, weightValues } from '../toys';

beforeEach(() => tf.setBackend('cpu'));

it('says that results count from the last update on, within the run', () => {
  const { training: start } = fakeTraining();
  const from = (schedule: PrunerOptions['schedule'], totalSteps: number) =>
    pruning({ pruner: magnitudePruner({ schedule }) }).countsFrom?.({ ...start, totalSteps });
  const late = linearDecay({ finalSparsity: 0.5, beginStep: 2, endStep: 7, frequency: 2 });
  expect([from(late, 20), from(late, 7)]).toEqual([7, 7]);
  expect(from(oneShot({ finalSparsity: 0.5 }), 7)).toBe(0);
});

it('leaves the best of the pruned models to earlyStopping, not a better one before', async () => {
  const schedule = oneShot({ finalSparsity: 0.5, beginStep: 3 });
  const scores = [0.9, 0.8, 0.5, 0.6, 0.4];
  const metrics = { score: () => scores.shift()! };
  const stopping = earlyStopping({ metric: 'score', better: 'larger', restoreBest: true });
  const small = slopeModel();
  const options = { steps: 5, evaluateEvery: 1, dev: fourRows(), metrics };
  const callbacks = [pruning({ pruner: magnitudePruner({ schedule, targets: ['slope/kernel'] }) }), stopping];
  await train(slopeTraining(small, { ...options, callbacks }));
  expect(stopping.best).toMatchObject({ step: 4, metrics: { score: 0.6 } });
  expect(weightValues(small)).toEqual([-4, 0]);
  small.dispose();
});
