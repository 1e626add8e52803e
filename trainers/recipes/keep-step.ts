import type { Callback } from '../callback';
import { captureModel } from '../model-state';
import { writeState } from './phase-state';

/** Keeps the model as it is after a step of its training: what a lottery ticket is rewound to. */
export function keepStep(step: number, file: string): Callback {
  return {
    name: 'keep-step',
    async onStepEnd({ step: done, model, parameters }) {
      if (done === step) writeState(file, { tensors: await captureModel(model, parameters) });
    },
  };
}
