import { SingleBar } from 'cli-progress';
import type { Callback, Training } from '../callback';

export interface ProgressOptions {
  /** Shown before the numbers, e.g. `seed 1, level 3`; nothing by default. */
  readonly label?: string;
  /** Steps of a longer job of which this run is a part: done before it, and altogether. By default the run is all. */
  readonly span?: { readonly done: number; readonly total: number };
  /** Where to write; the standard error stream by default, so that standard output stays clean. */
  readonly stream?: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };
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
  const { stream = process.stderr, now = Date.now } = options;
  const display = stream.isTTY ? bar(stream) : lines(stream, (options.lineEvery ?? 30) * 1000, now);
  let first = { step: 0, time: 0 };
  return {
    name: 'progress',
    onTrainBegin(training) {
      first = { step: training.step, time: now() };
    },
    onStepEnd(training) {
      const done = (options.span?.done ?? 0) + training.step;
      const total = options.span?.total ?? training.totalSteps;
      const pace = (now() - first.time) / (training.step - first.step);
      display.show({ done, total, text: describe(training, ((total - done) * pace) / 1000, options.label) });
    },
    dispose: () => display.end(),
  };
}

interface Progress {
  readonly done: number;
  readonly total: number;
  readonly text: string;
}

interface Display {
  show(progress: Progress): void;
  end(): void;
}

function bar(stream: NonNullable<ProgressOptions['stream']>): Display {
  const single = new SingleBar({
    format: '{bar} {percentage}% | {value}/{total} | {text}',
    stream: stream as NodeJS.WriteStream,
    hideCursor: false, // a killed process would leave it hidden
    clearOnComplete: true,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  return {
    show({ done, total, text }) {
      if (!single.isActive) single.start(total, done, { text });
      single.update(done, { text });
    },
    end() {
      if (single.isActive) single.stop();
    },
  };
}

function lines(stream: NonNullable<ProgressOptions['stream']>, every: number, now: () => number): Display {
  let last = now();
  return {
    show({ done, total, text }) {
      if (now() - last < every) return;
      last = now();
      stream.write(`step ${done}/${total} | ${text}\n`);
    },
    end() {},
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
