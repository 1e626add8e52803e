import { shapeCases } from './cases/shape';
import { testKernels } from './harness';

testKernels(shapeCases);
