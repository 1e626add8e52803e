import { UserError } from '../core/errors';

/** onnxruntime-node 1.30 on Linux dies of a segmentation fault, in its first session, where the process's command line has 28 950 bytes. */
const LONGEST = 28_000;

/** @throws UserError where this process was started with a command line that kills onnxruntime. @param parts Node's, its options and the program's. */
export function expectShortCommandLine(
  parts: readonly string[] = [...process.argv, ...process.execArgv],
): void {
  const bytes = parts.reduce((sum, part) => sum + Buffer.byteLength(part) + 1, 0);
  if (bytes <= LONGEST) return;
  throw new UserError(
    `Expected a command line of at most ${LONGEST} bytes, of longer ones onnxruntime crashes, got ${bytes}: read what is so long from a file ` +
      'or the standard input.',
  );
}
