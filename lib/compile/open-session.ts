import * as ort from 'onnxruntime-node';
import { UserError } from '../core/errors';

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
 * @throws UserError if the provider does not work on this machine.
 */
export async function openSession(
  file: Uint8Array | string,
  { provider = 'cpu', threads }: RunsOn,
  more: ort.InferenceSession.SessionOptions = {},
): Promise<ort.InferenceSession> {
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
