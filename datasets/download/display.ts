import * as path from 'node:path';
import { SingleBar } from 'cli-progress';
import { printable } from '../../lib/core/printable';

/** Shows how much of a file has come. */
export interface Display {
  show(bytes: number): void;
  end(): void;
}

/** Where it is shown how far something is: a bar where there is a terminal, lines otherwise. */
export type OutputStream = Pick<NodeJS.WriteStream, 'write'> & {
  /** Whether it is a terminal; false by default. */
  readonly isTTY?: boolean;
};

/** A bar that disappears at the end; without a terminal, one line at the start. */
export function display(given: string, bytes: number, output: OutputStream): Display {
  const label = printable(given);
  const name = path.basename(label);
  if (!output.isTTY) {
    output.write(`downloading ${label} (${megabytes(bytes)} MB)\n`);
    return { show() {}, end() {} };
  }
  const bar = new SingleBar({
    format: `{bar} {percentage}% | {done}/${megabytes(bytes)} MB | ${name}`,
    stream: output as NodeJS.WriteStream,
    hideCursor: false, // a killed process would leave it hidden
    clearOnComplete: true,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  bar.start(bytes, 0, { done: megabytes(0) });
  return { show: (done) => bar.update(done, { done: megabytes(done) }), end: () => bar.stop() };
}

export const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e5 ? 3 : 1);
