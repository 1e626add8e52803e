import * as ort from 'onnxruntime-node';
import { UserError } from '../core/errors';
import { expectShortCommandLine } from './command-line';

/** Where onnxruntime runs a session. */
export interface RunsOn {
  /** Threads of one operator. Default: what onnxruntime chooses, the number of physical cores. */
  readonly threads?: number;
  /** onnxruntime's execution provider: `cpu` (default), `webgpu`, `cuda`. */
  readonly provider?: string;
}

/**
 * Opens an ONNX file, given as bytes or by its path.
 *
 * @param more onnxruntime's other options.
 * @throws UserError if the provider does not work on this machine, for a number of threads that is none, and in a process whose command line
 * crashes onnxruntime.
 */
export async function openSession(
  file: Uint8Array | string,
  { provider = 'cpu', threads }: RunsOn,
  more: ort.InferenceSession.SessionOptions = {},
): Promise<ort.InferenceSession> {
  expectShortCommandLine();
  expectThreads(threads);
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [provider],
    ...(threads ? { intraOpNumThreads: threads } : {}),
    // Other providers leave some nodes to the processor, and would warn of it at each session.
    ...(provider === 'cpu' ? {} : { logSeverityLevel: 3 }),
    ...more,
  };
  const { InferenceSession } = ort;
  try {
    return typeof file === 'string'
      ? await InferenceSession.create(file, options)
      : await InferenceSession.create(file, options);
  } catch (error) {
    if (provider === 'cpu') throw error;
    throw new UserError(
      `Expected onnxruntime to run on its provider "${provider}", which does not work on this machine ` +
        `(${String(error).split('\n')[0]}); use the \`provider\` cpu or install the provider's driver.`,
    );
  }
}

/** More than any machine has, and as many as onnxruntime can be asked for without harm. */
export const MOST_THREADS = 256;

function expectThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) return;
  throw new UserError(`Expected \`threads\` to be a whole number from 1 to ${MOST_THREADS}, got ${threads}.`);
}
