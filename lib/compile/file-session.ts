import * as ort from 'onnxruntime-node';
import { hostTensor, HostTensor } from '../core/host-tensor';
import { openSession, RunsOn } from './open-session';

/**
 * An ONNX file in a session as everyone has it who opens the file: onnxruntime's defaults but for threads and provider. The same
 * file, version, processor and threads give the same bits.
 */
export class FileSession {
  private readonly running = new Set<Promise<unknown>>();

  private constructor(private readonly session: ort.InferenceSession) {}

  /** @param file its bytes, or its path. */
  static async open(file: Uint8Array | string, on: RunsOn = {}): Promise<FileSession> {
    return new FileSession(await openSession(file, on));
  }

  /** The first output. @param xs in the order of the file's inputs. */
  async run(xs: readonly HostTensor[]): Promise<HostTensor> {
    const { inputNames, outputNames } = this.session;
    const feeds = Object.fromEntries(inputNames.map((name, i) => [name, tensorOf(xs[i]!)]));
    const results = await this.tracked(this.session.run(feeds));
    const { data, dims } = results[outputNames[0]!]!;
    return hostTensor(data as HostTensor['data'], [...dims]);
  }

  /** After the runs that were asked for before. */
  async release(): Promise<void> {
    await Promise.allSettled(this.running);
    await this.session.release();
  }

  private async tracked<T>(run: Promise<T>): Promise<T> {
    this.running.add(run);
    try {
      return await run;
    } finally {
      this.running.delete(run);
    }
  }
}

function tensorOf({ dtype, data, shape }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
}
