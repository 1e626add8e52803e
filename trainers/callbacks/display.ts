import { SingleBar } from 'cli-progress';
import type { OutputStream } from '../../datasets/download/display';

/** How far something is that takes long. */
export interface Progress {
  /** Of `total`, in whatever unit. */
  readonly done: number;
  /** At least `done`. */
  readonly total: number;
  /** What more there is to say, for people. */
  readonly text: string;
}

export interface Display {
  show(progress: Progress): void;
  end(): void;
}

export interface DisplayOptions {
  /** What is counted: `step`. */
  readonly what: string;
  /** Seconds between two lines where there is no terminal; 30 by default. */
  readonly lineEvery?: number;
  /** The time in milliseconds, for tests; `Date.now` by default. */
  readonly now?: () => number;
}

/** A bar that disappears at its end, or, where there is no terminal, a line every so often. */
export function displayOn(stream: OutputStream = process.stderr, options: DisplayOptions): Display {
  return stream.isTTY ? bar(stream) : lines(stream, options);
}

function bar(stream: OutputStream): Display {
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

function lines(stream: OutputStream, { what, lineEvery = 30, now = Date.now }: DisplayOptions): Display {
  let last = now();
  return {
    show({ done, total, text }) {
      if (now() - last < lineEvery * 1000) return;
      last = now();
      stream.write(`${what} ${done}/${total} | ${text}\n`);
    },
    end() {},
  };
}
