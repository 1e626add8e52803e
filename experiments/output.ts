import * as fs from 'node:fs';

/**
 * Ends the process, with one sentence and exit code 2, once nobody takes what it prints: `| head -1` has read enough, or the disk behind `>` is
 * full. Whatever was written into files stays whole, as after a kill.
 */
export function endWithOutput(): void {
  process.stdout.on('error', (error) => end('standard output', error));
  process.stderr.on('error', (error) => end('standard error', error));
}

function end(stream: string, { code }: NodeJS.ErrnoException): never {
  const why = code === 'EPIPE' ? 'who read it has ended' : `it cannot be written to (${code ?? 'unknown'})`;
  try {
    fs.writeSync(
      2,
      `Expected ${stream} to be read to the end, but ${why}; what was written into files stays.\n`,
    );
  } catch {
    // nor has this sentence a reader
  }
  process.exit(2);
}
