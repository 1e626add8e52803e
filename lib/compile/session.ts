import * as ort from 'onnxruntime-node';
import { serialize, Encoded } from './serialize';
import { packOutputs, PackedOutputs, unpack } from './packed-outputs';
import { openSession, RunsOn } from './open-session';
import { Data, DataType, Graph, LONG, Value } from './graph';

/** How onnxruntime runs a program. */
export interface SessionOptions extends RunsOn {
  /** Write onnxruntime's profile of every run to files with this prefix. */
  readonly profile?: string;
}

/** A graph loaded into onnxruntime. */
export class Session {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly names: Encoded,
    private readonly packed: PackedOutputs | undefined,
    private readonly profiled: boolean,
  ) {}

  /** @throws UserError if the provider does not work on this machine. */
  static async load(graph: Graph<unknown>, options: SessionOptions): Promise<Session> {
    const packed = options.provider === 'webgpu' ? packOutputs(graph) : undefined;
    const encoded = serialize(packed?.graph ?? graph, { sequenceName: STOP });
    const session = await openSession(encoded.bytes, options, programOptions(options, graph));
    return new Session(session, encoded, packed, Boolean(options.profile));
  }

  /** Runs once: reads the inputs where they are, writes each output of the graph to the memory of its tensor. */
  async run(inputOf: (value: Value) => ort.Tensor, outputs: readonly ort.Tensor[]): Promise<void> {
    const { inputNames, outputNames } = this.names;
    const feeds = Object.fromEntries([...inputNames].map(([value, name]) => [name, inputOf(value)]));
    const fetched = this.packed?.packs.map(({ places, vector }) => vector ?? outputs[places[0]!]!) ?? outputs;
    const fetches = Object.fromEntries(outputNames.map((name, i) => [name, fetched[i]!]));
    await runInPlace(this.session, feeds, fetches);
    this.packed?.packs.forEach((pack) => unpack(pack, outputs));
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

/** Where operands are transposed before a matmul is for our passes to say, too; WebGPU has no kernel for what is scaled and multiplied at once. */
const unwanted = (provider: string): string =>
  provider === 'webgpu' ? 'MatmulTransposeFusion;MatMulScaleFusion' : 'MatmulTransposeFusion';

/** How every program is run. */
const programOptions = (
  { provider = 'cpu', profile }: SessionOptions,
  { nodes }: Graph<unknown>,
): ort.InferenceSession.SessionOptions => ({
  // What its passes are worth to a long program was measured on the processor alone.
  ...(provider === 'cpu' && nodes.length > LONG ? { graphOptimizationLevel: 'disabled' as const } : {}),
  // A planned block for all intermediate values would be kept beside the memory of the first run, doubling it.
  enableMemPattern: false,
  extra: {
    session: {
      // Which matmuls are of integers is for our passes to say: onnxruntime would make some that were to be simulated.
      disable_quant_qdq: '1',
      // Idle threads would take the processor from the optimizer, and from the next batch's program.
      force_spinning_stop: '1',
    },
    optimization: { disable_specified_optimizers: unwanted(provider) },
  },
  ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
});

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
