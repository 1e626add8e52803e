import { normalizationCases } from './cases/normalization';
import { testKernels } from './harness';

testKernels(normalizationCases);
