import * as fs from 'node:fs';
import { UserError } from '../../lib/core/errors';
import type { Callback } from '../callback';
import { captureModel } from '../model-state';
import { writeState } from './phase-state';
import { remedyOf } from './stage';

/** @throws UserError where a training that is beyond a step did not keep its model. */
export function expectKept(step: number, file: string): void {
  if (fs.existsSync(file)) return;
  throw new UserError(
    `Expected the model after step ${step} in ${file}, but the training there did not keep it: it was begun to be rewound to another step; ` +
      `use another folder, or ${remedyOf(file)}.`,
  );
}

/** Keeps the model as it is after a step of its training: what a lottery ticket is rewound to. */
export function keepStep(step: number, file: string): Callback {
  return {
    name: 'keep-step',
    onTrainBegin(training) {
      if (training.step >= step) expectKept(step, file);
    },
    async onStepEnd({ step: done, model, parameters }) {
      if (done === step) writeState(file, { tensors: await captureModel(model, parameters) });
    },
  };
}
