import { indexingCases } from './cases/indexing';
import { testKernels } from './harness';

testKernels(indexingCases);
