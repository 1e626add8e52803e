import { poolingCases } from './cases/pooling';
import { testKernels } from './harness';

testKernels(poolingCases);
