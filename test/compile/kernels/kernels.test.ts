import * as tf from '@tensorflow/tfjs';
import '../../../lib/compile/kernels';
import { TRACE } from '../../../lib/core/derived';
import { binaryCases } from './cases/binary';
import { blockCases } from './cases/blocks';
import { convolutionCases } from './cases/convolution';
import { einsumCases } from './cases/einsum';
import { indexingCases } from './cases/indexing';
import { matmulCases } from './cases/matmul';
import { normalizationCases } from './cases/normalization';
import { poolingCases } from './cases/pooling';
import { reductionCases } from './cases/reduction';
import { resizeCases } from './cases/resize';
import { shapeCases } from './cases/shape';
import { unaryCases } from './cases/unary';
import { compare, KernelCase, nameOf, withGradients } from './harness';

const families = {
  binary: binaryCases,
  blocks: blockCases,
  convolution: convolutionCases,
  einsum: einsumCases,
  indexing: indexingCases,
  matmul: matmulCases,
  normalization: normalizationCases,
  pooling: poolingCases,
  reduction: reductionCases,
  resize: resizeCases,
  shape: shapeCases,
  unary: unaryCases,
};
const cases = Object.values(families).flat();

beforeAll(() => tf.setBackend('cpu'));

describe.each(Object.entries(families))('%s: compiled and eager are equal, gradients too', (_, family) => {
  test.each(family.map((kernelCase) => [nameOf(kernelCase), kernelCase] as const))(
    '%s',
    async (__, kernelCase) => {
      for (const inputs of kernelCase.inputs) await compare(kernelCase, inputs);
    },
  );
});

/** The tfjs kernels that a case runs, eagerly, with its first arguments. */
async function kernelsOf(kernelCase: KernelCase): Promise<Set<string>> {
  tf.engine().startScope();
  const xs = kernelCase.inputs[0]!.map((make) => make());
  const { kernelNames } = await tf.profile(() => withGradients(kernelCase)(...xs));
  tf.engine().endScope();
  return new Set(kernelNames);
}

test('every case runs the kernel that it is named after', async () => {
  const wrong: string[] = [];
  for (const kernelCase of cases) {
    if (!(await kernelsOf(kernelCase)).has(kernelCase.kernel)) wrong.push(kernelCase.kernel);
  }
  expect(wrong).toEqual([]);
});

test('every mapped tfjs kernel has a case', () => {
  const mapped = tf.getKernelsForBackend(TRACE).map(({ kernelName }) => kernelName);
  const tested = new Set(cases.map(({ kernel }) => kernel));
  const own = /^Whittle/; // no kernels of tfjs's: see derived.test.ts and passes.test.ts
  expect(mapped.filter((name) => !tested.has(name) && !own.test(name))).toEqual([]);
});

test('every kernel that tfjs can differentiate on the cpu is mapped, or known not to be', () => {
  const mapped = new Set(tf.getKernelsForBackend(TRACE).map(({ kernelName }) => kernelName));
  const missing = tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => kernelName)
    .filter((name) => !mapped.has(name) && tf.getGradient(name));
  expect(missing.sort()).toEqual(['ComplexAbs', 'Dilation2D']);
});
