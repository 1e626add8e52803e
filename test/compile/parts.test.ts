import * as tf from '@tensorflow/tfjs';
import { Program, ProgramOptions } from '../../lib/compile/program';
import { Scratch } from '../../lib/compile/scratch';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8 } from '../../lib/compress/scheme';
import { atClock } from '../../lib/core/clock';
import { forward } from '../../lib/forward/forward';
import { HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { bert } from '../../lib/models/bert';

const VOCABULARY = 600; // a table large enough for gradients by rows

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

interface Case {
  readonly step: (...xs: tf.Tensor[]) => tf.Tensor[];
  /** Numbers that a step changes beside its results. */
  ranges(): number[];
}

/** The training step of a BERT, with dropout. */
function training(quantized: boolean): Case {
  const sizes = { layers: 2, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 16 };
  const model = bert({ vocabSize: VOCABULARY, ...sizes, dropout: 0.1, attentionDropout: 0.1, seed: 3 });
  const prepared = quantized ? prepare(model, staticInt8()) : undefined;
  const variables = weightsOf(model).map(({ variable }) => variable);
  const step = (...xs: tf.Tensor[]): tf.Tensor[] => {
    const loss = () => forward(model, xs, true).square().mean() as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, variables);
    return [value, ...variables.map((variable) => grads[variable.name]!)];
  };
  const states = () => [...(prepared?.inputs.values() ?? [])].map(({ observer }) => observer!.state());
  return {
    step,
    ranges: () => states().flatMap(({ lo, hi }) => [lo!.dataSync()[0]!, hi!.dataSync()[0]!]),
  };
}

function inputs(length: number): HostTensor[] {
  const ids = Int32Array.from({ length: 2 * length }, (_, i) => (i * 7919) % VOCABULARY);
  const mask = ids.map((_, i) => (i % length < length - 1 ? 1 : 0));
  return [ids, mask, ids.map(() => 0)].map((data) => hostTensor(data, [2, length]));
}

const compile = ({ step }: Case, args: readonly HostTensor[], options: ProgramOptions): Promise<Program> =>
  Program.compile(step as never, args as never, { threads: 1, ...options });

/** Everything that two steps with each of the inputs leave. */
async function outcome(quantized: boolean, lengths: readonly number[], options: ProgramOptions) {
  const trained = training(quantized);
  const all = lengths.map(inputs);
  const programs: Program[] = [];
  for (const args of all) programs.push(await compile(trained, args, options));
  const results: number[][] = [];
  for (let tick = 1; tick <= 2; tick++) {
    for (const [i, args] of all.entries()) {
      const run = atClock({ seed: 5, tick }, () => programs[i]!.run(args));
      results.push(...(await run).map(({ data }) => Array.from(data)), trained.ranges());
    }
  }
  for (const program of programs) await program.release();
  return results;
}

test.each([false, true])(
  'a step in two parts with shared memory gives the bits of a step in one, quantized: %p',
  async (quantized) => {
    const lengths = [4, 12, 8];
    const parts = await outcome(quantized, lengths, { scratch: new Scratch(0) });
    expect(parts).toEqual(await outcome(quantized, lengths, {}));
  },
);

test('programs share a scratch memory as large as the largest of them needs', async () => {
  const scratch = new Scratch(0);
  const trained = training(false);
  const bytes: number[] = [];
  for (const length of [8, 16, 4]) {
    const program = await compile(trained, inputs(length), { scratch });
    await program.run(inputs(length));
    bytes.push(scratch.take(0).byteLength);
    await program.release();
  }
  expect(bytes[0]).toBeGreaterThan(0);
  expect(bytes[1]).toBeGreaterThan(bytes[0]!);
  expect(bytes[2]).toBe(bytes[1]);
});

test('a step with little to keep, and a function without a backward pass, run in one part', async () => {
  const scratch = new Scratch();
  const program = await compile(training(false), inputs(4), { scratch });
  await program.run(inputs(4));
  const x = hostTensor(Float32Array.of(1, 2), [2]);
  const square = await Program.compile((y) => [y!.square()], [x], { scratch: new Scratch(0) });
  expect((await square.run([x]))[0]!.data).toEqual(Float32Array.of(1, 4));
  expect(scratch.take(0).byteLength).toBe(0);
  await program.release();
  await square.release();
});
