import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { registerSegmentSum } from '../../../trainers/engines/segment-sum';
import { fixWasm } from '../../../trainers/engines/wasm-fixes';
import { binaryCases } from '../../compile/kernels/cases/binary';
import { blockCases } from '../../compile/kernels/cases/blocks';
import { convolutionCases } from '../../compile/kernels/cases/convolution';
import { einsumCases } from '../../compile/kernels/cases/einsum';
import { indexingCases } from '../../compile/kernels/cases/indexing';
import { matmulCases } from '../../compile/kernels/cases/matmul';
import { normalizationCases } from '../../compile/kernels/cases/normalization';
import { poolingCases } from '../../compile/kernels/cases/pooling';
import { reductionCases } from '../../compile/kernels/cases/reduction';
import { resizeCases } from '../../compile/kernels/cases/resize';
import { shapeCases } from '../../compile/kernels/cases/shape';
import { unaryCases } from '../../compile/kernels/cases/unary';
import { withGradients } from '../../compile/kernels/harness';
import { expectNoLeak } from '../../leaks';

/** Small whole numbers, so that every sum is exact. */
const whole = (shape: number[]) => tf.range(0, tf.util.sizeFromShape(shape)).sub(5).reshape(shape);

const PRODUCTS: { name: string; a: number[]; b: number[]; transposeA?: boolean; transposeB?: boolean }[] = [
  { name: 'plain', a: [3, 4], b: [4, 5] },
  { name: 'left transposed', a: [4, 3], b: [4, 5], transposeA: true },
  { name: 'right transposed', a: [3, 4], b: [5, 4], transposeB: true },
  { name: 'both transposed', a: [4, 3], b: [5, 4], transposeA: true, transposeB: true },
  { name: 'batched', a: [2, 3, 4], b: [2, 4, 5] },
  { name: 'batched on the left', a: [2, 3, 4], b: [1, 4, 5] },
  { name: 'two batch axes, transposed', a: [2, 2, 3, 4], b: [2, 2, 5, 4], transposeB: true },
];

async function onBackend<T>(name: string, body: () => T): Promise<T> {
  await tf.setBackend(name);
  await tf.ready();
  return body();
}

beforeAll(() => {
  fixWasm();
  fixWasm(); // asked for by every engine, done once
});

describe.each(PRODUCTS)('$name matmul on wasm', ({ a, b, transposeA, transposeB }) => {
  const bothBackends = async (body: () => tf.Tensor) => {
    const values = () => tf.tidy(() => [...body().dataSync()]);
    return { cpu: await onBackend('cpu', values), wasm: await onBackend('wasm', values) };
  };

  it('equals cpu', async () => {
    const { cpu, wasm } = await bothBackends(() => tf.matMul(whole(a), whole(b), transposeA, transposeB));
    expect(wasm).toEqual(cpu);
  });

  it.each(['linear', 'relu', 'relu6', 'leakyrelu', 'prelu', 'elu', 'sigmoid'] as const)(
    'equals cpu, fused with a bias and %s',
    async (activation) => {
      const { cpu, wasm } = await bothBackends(() =>
        tf.fused.matMul({
          a: whole(a),
          b: whole(b),
          transposeA,
          transposeB,
          activation,
          bias: tf.tensor1d([-90, -30, 0, 30, 90]),
          leakyreluAlpha: 0.5,
          preluActivationWeights: activation === 'prelu' ? tf.scalar(0.25) : undefined,
        }),
      );
      wasm.forEach((value, i) => expect(value).toBeCloseTo(cpu[i] as number, 5));
    },
  );
});

/** Every kernel that the compiled engine knows, with values where the wasm backend of itself is wrong or has none. */
describe('the kernel corpus on wasm', () => {
  const cases = [
    ...binaryCases,
    ...blockCases,
    ...convolutionCases,
    ...einsumCases,
    ...indexingCases,
    ...matmulCases,
    ...normalizationCases,
    ...poolingCases,
    ...reductionCases,
    ...resizeCases,
    ...shapeCases,
    ...unaryCases,
  ].map(
    (kernelCase) => [[kernelCase.kernel, kernelCase.what].filter(Boolean).join(' '), kernelCase] as const,
  );

  it.each(cases)('%s equals cpu, gradients too', async (_, kernelCase) => {
    for (const inputs of kernelCase.inputs) {
      const run = () =>
        tf.tidy(() => {
          const results = withGradients(kernelCase)(...inputs.map((make) => make()));
          return results.map((result) => [...result.dataSync()]);
        });
      // Random inputs are drawn in host memory: the same numbers on both.
      const [cpu, wasm] = [await onBackend('cpu', run), await onBackend('wasm', run)];
      cpu.forEach((values, i) => expectFiniteClose(wasm[i] ?? [], values));
    }
  });
});

/** What is NaN or infinite on the cpu backend is not compared: see `fixWasm`. */
function expectFiniteClose(values: readonly number[], expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  const finite = expected.filter(Number.isFinite).map(Math.abs);
  const tolerance = 1e-4 * Math.max(1e-3, ...finite);
  const far = expected.findIndex(
    (value, i) => Number.isFinite(value) && !(Math.abs(values[i]! - value) <= tolerance),
  );
  expect(values[far]).toBe(expected[far]);
}

it.each(['float32', 'int32', 'bool'] as const)('one-hot of %s on wasm equals cpu', async (dtype) => {
  const values = () =>
    tf.tidy(() => {
      const on = dtype === 'float32' ? 0.5 : 1;
      return tf.oneHot(tf.tensor2d([[2, 0, 3, -1]], [1, 4], 'int32'), 3, on, 0, dtype).arraySync();
    });
  const [cpu, wasm] = [await onBackend('cpu', values), await onBackend('wasm', values)];
  expect(wasm).toEqual(cpu);
});

describe('segment sum', () => {
  beforeAll(() => registerSegmentSum('cpu'));

  it.each(['cpu', 'wasm'])('adds rows of repeated ids and drops ids outside, on %s', async (backend) => {
    const sums = await onBackend(backend, () =>
      tf.tidy(() => {
        const rows = tf.tensor2d([
          [1, 2],
          [10, 20],
          [100, 200],
          [7, 7],
        ]);
        return tf.unsortedSegmentSum(rows, tf.tensor1d([2, 0, 2, -1], 'int32'), 3).arraySync();
      }),
    );
    expect(sums).toEqual([
      [10, 20],
      [0, 0],
      [101, 202],
    ]);
  });

  it('is the gradient of a gather on wasm', async () => {
    const gradient = await onBackend('wasm', () =>
      tf.tidy(() => {
        const ids = tf.tensor2d([[1, 1, 0]], [1, 3], 'int32');
        return tf
          .grad((table) => tf.gather(table, ids).sum())(tf.zeros([3, 2]))
          .arraySync();
      }),
    );
    expect(gradient).toEqual([
      [1, 1],
      [2, 2],
      [0, 0],
    ]);
  });
});

it('frees what it makes on the way', async () => {
  await onBackend('wasm', () => undefined);
  const dataIds = () => (tf.backend() as tf.KernelBackend & { numDataIds(): number }).numDataIds();
  await expectNoLeak(() => {
    const before = dataIds();
    tf.tidy(() => {
      const bias = tf.zeros([5]) as tf.Tensor1D;
      tf.fused.matMul({
        a: whole([2, 4, 3]),
        b: whole([2, 5, 4]),
        transposeA: true,
        transposeB: true,
        bias,
        activation: 'relu',
      });
      tf.oneHot(tf.tensor1d([0, 1], 'int32'), 2, 1, 0, 'float32');
      tf.unsortedSegmentSum(whole([3, 2]), tf.tensor1d([0, 1, 0], 'int32'), 2);
    });
    expect(dataIds()).toBe(before);
  });
});
