import type { Callback } from '../callback';
import { writeWeights } from './handover';

/** Writes a copy of the trainable weights after a step: what a lottery ticket is rewound to. */
export function rewindPoint(step: number, file: string): Callback {
  return {
    name: 'rewind-point',
    onStepEnd(training) {
      if (training.step !== step) return;
      writeWeights(file, new Map(training.parameters.list.map(({ path, weights }) => [path, weights])));
    },
  };
}
