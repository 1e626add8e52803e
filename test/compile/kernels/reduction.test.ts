import { reductionCases } from './cases/reduction';
import { testKernels } from './harness';

testKernels(reductionCases);
