import * as ort from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs';
import { LONG } from '../../lib/compile/graph';
import { Program } from '../../lib/compile/program';
import { Scratch } from '../../lib/compile/scratch';
import { hostTensor } from '../../lib/core/host-tensor';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());
afterEach(() => jest.restoreAllMocks());

const x = hostTensor(Float32Array.of(0.5, -1, 2), [3]);

/** A loss after many steps of a recurrence, and its gradient. */
function recurrence(steps: number): (...xs: tf.Tensor[]) => tf.Tensor[] {
  const w = tf.variable(tf.tensor1d([0.9, 1.1, -0.7]));
  const loss = (y: tf.Tensor) =>
    Array.from({ length: steps })
      .reduce<tf.Tensor>((state) => state.mul(w).tanh().add(y), y)
      .sum() as tf.Scalar;
  return (y) => {
    const { value, grads } = tf.variableGrads(() => loss(y!), [w]);
    return [value, ...Object.values(grads)];
  };
}

/** What a program gives, and how many parts of it onnxruntime loaded with which of its levels. */
async function outcome(steps: number, scratch?: Scratch) {
  const create = jest.spyOn(ort.InferenceSession, 'create').mockClear();
  const options = { threads: 1, integerPath: 'simulated', scratch } as const;
  const program = await Program.compile(recurrence(steps) as never, [x] as never, options);
  const levels = create.mock.calls.map(
    (call) => (call[1] as unknown as ort.InferenceSession.SessionOptions).graphOptimizationLevel,
  );
  const results = (await program.run([x])).map(({ data }) => [...data]);
  const nodes = program.operators.length;
  await program.release();
  return { levels, results, nodes };
}

describe('a long program', () => {
  const STEPS = 900;

  it('runs in two parts with the values of one, which is loaded as it is', async () => {
    const [one, two] = [await outcome(STEPS), await outcome(STEPS, new Scratch())];
    expect(one.nodes).toBeGreaterThan(LONG);
    expect(one.levels).toEqual(['disabled']);
    expect(two.levels).toHaveLength(2);
    expect(two.results).toEqual(one.results);
    const eager = recurrence(STEPS)(tf.tensor1d([0.5, -1, 2])).map((result) => [...result.dataSync()]);
    eager.flat().forEach((value, i) => expect(two.results.flat()[i]).toBeCloseTo(value, 3));
  });

  it('is one of some thousand nodes: others run in one part, which onnxruntime optimizes', async () => {
    const short = await outcome(20, new Scratch());
    expect(short.levels).toEqual([undefined]);
  });
});
