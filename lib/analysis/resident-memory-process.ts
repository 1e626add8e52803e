/** The process of `measureMemory`: it is asked once, answers once, and ends. */
import * as ort from 'onnxruntime-node';
import { FileSession } from '../compile/file-session';
import type { SessionOptions } from '../compile/session';
import type { HostTensor } from '../core/host-tensor';

export interface Question extends Pick<SessionOptions, 'provider' | 'threads'> {
  /** An ONNX file. */
  readonly file: string;
  readonly xs: readonly HostTensor[];
}

/** Either the bytes, or why there are none. */
export interface Answer {
  readonly bytes?: number;
  readonly error?: string;
}

/** Answers after which a session has all the memory that it keeps. */
const RUNS = 3;

async function grown({ file, xs, ...options }: Question): Promise<number> {
  ort.listSupportedBackends(); // onnxruntime is loaded before, not by the session
  const before = process.memoryUsage.rss();
  const session = await FileSession.open(file, options);
  for (let run = 0; run < RUNS; run++) await session.run(xs);
  return process.memoryUsage.rss() - before;
}

process.once('message', (question: Question) => {
  const answer: Promise<Answer> = grown(question).then(
    (bytes) => ({ bytes }),
    (error: Error) => ({ error: error.message }),
  );
  void answer.then((message) => process.send!(message, () => process.disconnect()));
});
