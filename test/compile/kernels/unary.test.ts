import { unaryCases } from './cases/unary';
import { testKernels } from './harness';

testKernels(unaryCases);
