import type { Callback } from '../trainers/callback';
import { Interrupted } from '../trainers/interrupted';

const SIGNALS = { SIGINT: 'Ctrl-C', SIGTERM: 'SIGTERM' } as const;

/** Ctrl-C (or a SIGTERM) for a job of many trainings. */
export interface Interruption {
  /** For each training: saves its checkpoint and breaks it off after the step in which the signal came. */
  readonly callback: Callback;
  /** For what is no training. @param end is called before it throws. @throws Interrupted after a signal. */
  expectNone(end?: () => void): void;
  /** Gives signals their default effect again. */
  dispose(): void;
}

/**
 * Listens from now on, so that a signal between two trainings is heard as well: it breaks off the next one before its first step.
 * A second signal kills the process at once.
 */
export function interruption(): Interruption {
  let heard: string | undefined;
  const names = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
  const listener = (signal: NodeJS.Signals) => {
    heard = SIGNALS[signal as keyof typeof SIGNALS];
    dispose();
  };
  const dispose = () => names.forEach((name) => process.off(name, listener));
  names.forEach((name) => process.on(name, listener));

  const breakOff: NonNullable<Callback['onStepEnd']> = (training) => {
    if (heard) training.interrupt(heard);
  };
  return {
    callback: { name: 'interruption', onTrainBegin: breakOff, onStepEnd: breakOff },
    expectNone(end) {
      if (!heard) return;
      end?.();
      throw new Interrupted(`Stopped by ${heard}; what was finished before is kept.`);
    },
    dispose,
  };
}
