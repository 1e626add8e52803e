import type { Callback } from '../callback';

/** Measures the wall time of a training over all its parts: a checkpoint keeps what had passed. */
export interface Stopwatch extends Callback {
  /** Since the training began, without the time between two parts of it. */
  readonly seconds: number;
}

/** @param now the time in milliseconds. */
export function stopwatch(now: () => number = Date.now): Stopwatch {
  let before = 0; // seconds of the parts that a checkpoint has seen
  const start = now();
  const watch = {
    name: 'stopwatch',
    get seconds() {
      return before + (now() - start) / 1000;
    },
    state: () => ({ values: { seconds: watch.seconds } }),
    restore({ values }: { values?: unknown }) {
      before = (values as { seconds: number }).seconds;
    },
  };
  return watch;
}
