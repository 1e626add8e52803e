import { convolutionCases } from './cases/convolution';
import { testKernels } from './harness';

testKernels(convolutionCases);
