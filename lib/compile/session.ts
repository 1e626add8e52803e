import * as ort from 'onnxruntime-node';
import { UserError } from '../core/errors';
import { serialize, Encoded } from './serialize';
import { Data, DataType, Graph, Value } from './graph';

/** How onnxruntime runs a program. */
export interface SessionOptions {
  /** Threads of one operator. Default: what onnxruntime chooses, the number of physical cores. */
  readonly threads?: number;
  /** onnxruntime's execution provider: `cpu` (default), `webgpu`, `cuda`. */
  readonly provider?: string;
  /** Write onnxruntime's profile of every run to files with this prefix. */
  readonly profile?: string;
}

/** A graph loaded into onnxruntime. */
export class Session {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly names: Encoded,
    private readonly profiled: boolean,
  ) {}

  /** @throws UserError if the provider does not work on this machine. */
  static async load(graph: Graph<unknown>, options: SessionOptions): Promise<Session> {
    const encoded = serialize(graph, { sequenceName: STOP });
    return new Session(await createSession(encoded.bytes, options), encoded, Boolean(options.profile));
  }

  /** Runs once: reads the inputs where they are, writes each output of the graph to the memory of its tensor. */
  async run(inputOf: (value: Value) => ort.Tensor, outputs: readonly ort.Tensor[]): Promise<void> {
    const { inputNames, outputNames } = this.names;
    const feeds = Object.fromEntries([...inputNames].map(([value, name]) => [name, inputOf(value)]));
    const fetches = Object.fromEntries(outputNames.map((name, i) => [name, outputs[i]!]));
    await runInPlace(this.session, feeds, fetches);
  }

  async release(): Promise<void> {
    if (this.profiled) this.session.endProfiling();
    await this.session.release();
  }
}

/** A view for onnxruntime; nothing is copied. */
export function ortTensor(value: Value, data: Data): ort.Tensor {
  return new ort.Tensor(value.dtype as DataType & ort.Tensor.Type, data as Float32Array, value.shape);
}

async function createSession(
  bytes: Uint8Array,
  { provider = 'cpu', threads, profile }: SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, {
      executionProviders: [provider],
      // A planned block for all intermediate values would be kept beside the memory of the first run, doubling it.
      enableMemPattern: false,
      extra: {
        session: {
          // Which matmuls are of integers is for our passes to say: onnxruntime would make some that were to be simulated.
          disable_quant_qdq: '1',
          // Idle threads would take the processor from the optimizer, and from the next batch's program.
          force_spinning_stop: '1',
        },
        // Where operands are transposed before a matmul is for our passes to say, too.
        optimization: { disable_specified_optimizers: 'MatmulTransposeFusion' },
      },
      ...(threads ? { intraOpNumThreads: threads } : {}),
      ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
    });
  } catch (error) {
    if (provider === 'cpu') throw error;
    throw new UserError(
      `Expected onnxruntime to run on its provider "${provider}", which does not work on this machine ` +
        `(${String(error).split('\n')[0]}); use the \`provider\` cpu or install the provider's driver.`,
    );
  }
}

/** The first output of every session. */
const STOP = 'stop';

/**
 * Runs a session whose results all have memory of their own.
 *
 * onnxruntime-node (as of 1.30) fills that memory, and then copies each result to a new array too, which takes a large model a
 * tenth of its step and is garbage at once. It gives up at the first result that is not a tensor: so graphs have an empty
 * sequence before all others, and the complaint about it says that the run is complete.
 */
async function runInPlace(
  session: ort.InferenceSession,
  feeds: ort.InferenceSession.FeedsType,
  fetches: ort.InferenceSession.FetchesType,
): Promise<void> {
  try {
    await session.run(feeds, { [STOP]: null, ...(fetches as object) });
  } catch (error) {
    if (!String(error).includes('Non tensor type')) throw error;
  }
}
