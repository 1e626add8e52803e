import type { Callback, Training } from '../callback';
import type { OutputStream } from '../../datasets/download/display';
import { displayOn } from './display';

/** Options of {@link progress}. */
export interface ProgressOptions {
  /** Shown before the numbers, e.g. `seed 1, level 3`; nothing by default. */
  readonly label?: string;
  /** Which of how many trainings this is, from 0; the others count as long as this one. By default it is the only one. */
  readonly place?: {
    /** From 0. */
    readonly index: number;
    /** At least 1. */
    readonly count: number;
  };
  /** Where to write; the standard error stream by default, so that standard output stays clean. */
  readonly stream?: OutputStream;
  /** Seconds between two lines where there is no terminal; 30 by default. */
  readonly lineEvery?: number;
  /** The time in milliseconds, for tests; `Date.now` by default. */
  readonly now?: () => number;
}

/**
 * Shows how far the training is: a bar with the time left, the loss and the learning rate, that disappears at the end of the
 * run. Without a terminal it writes a line every so often instead.
 */
export function progress(options: ProgressOptions = {}): Callback {
  const { place = { index: 0, count: 1 }, stream, now = Date.now, lineEvery } = options;
  const display = displayOn(stream, { what: 'step', lineEvery, now });
  let first = { step: 0, time: 0 };
  return {
    name: 'progress',
    onTrainBegin(training) {
      first = { step: training.step, time: now() };
    },
    onStepEnd(training) {
      const done = place.index * training.totalSteps + training.step;
      const total = place.count * training.totalSteps;
      const pace = (now() - first.time) / (training.step - first.step);
      display.show({ done, total, text: describe(training, ((total - done) * pace) / 1000, options.label) });
    },
    dispose: () => display.end(),
  };
}

function describe({ loss, learningRate }: Training, secondsLeft: number, label?: string): string {
  const numbers = `${clock(secondsLeft)} left | loss ${loss.toFixed(4)} | rate ${learningRate.toExponential(2)}`;
  return label ? `${label} | ${numbers}` : numbers;
}

/** Seconds as 4:05 or 1:04:05. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, two(whole % 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
