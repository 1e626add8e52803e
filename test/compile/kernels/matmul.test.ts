import { matmulCases } from './cases/matmul';
import { testKernels } from './harness';

testKernels(matmulCases);
