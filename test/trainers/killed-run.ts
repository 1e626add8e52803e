import * as tf from '@tensorflow/tfjs';
import { earlyStopping } from '../../trainers/callbacks/early-stopping';
import { stopOnSignal } from '../../trainers/callbacks/stop-on-signal';
import { Interrupted } from '../../trainers/interrupted';
import { train } from '../../trainers/trainer';
import { classifierModel, classifierTraining, weightValues } from './toys';

/** The process that kill.test.ts kills: trains for 60 steps, saves each, prints each and, at the end, everything that came of it. */
async function main(folder: string): Promise<void> {
  await tf.setBackend('cpu');
  const model = classifierModel();
  const options = classifierTraining(model, {
    steps: 60,
    evaluateEvery: 7,
    checkpoint: { folder, every: 1 },
    callbacks: [
      stopOnSignal(),
      earlyStopping({ metric: 'loss', better: 'smaller', restoreBest: true }),
      { name: 'print', onStepBegin: ({ step }) => console.log(`step ${step}`) },
    ],
  });
  const result = await train(options);
  console.log(`result ${JSON.stringify({ result, weights: weightValues(model) })}`);
}

main(process.argv[2] as string).catch((error: unknown) => {
  if (!(error instanceof Interrupted)) throw error;
  console.log(error.message);
  process.exitCode = 130;
});
