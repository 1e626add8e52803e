import { binaryCases } from './cases/binary';
import { testKernels } from './harness';

testKernels(binaryCases);
