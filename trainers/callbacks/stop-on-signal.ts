import type { Callback } from '../callback';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Options of {@link stopOnSignal}. */
export interface StopOnSignalOptions {
  /** What emits the signals, for tests; the process by default. */
  readonly source?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/**
 * Ends the run in order on Ctrl-C (or a SIGTERM): the current step is finished, the checkpoint saved, and `train` throws
 * `Interrupted`. A second Ctrl-C kills the process at once: from the first one on, signals have their default effect again.
 */
export function stopOnSignal({ source = process }: StopOnSignalOptions = {}): Callback {
  let release = () => {};
  return {
    name: 'stop-on-signal',
    onTrainBegin(training) {
      const stop = (signal: string) => {
        release();
        training.interrupt(signal === 'SIGINT' ? 'Ctrl-C' : signal);
      };
      SIGNALS.forEach((signal) => source.on(signal, stop));
      release = () => SIGNALS.forEach((signal) => source.off(signal, stop));
    },
    dispose: () => release(),
  };
}
