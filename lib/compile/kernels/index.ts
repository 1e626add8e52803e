import { arctangent } from './arctangent';
import { binary } from './binary';
import { blocks } from './blocks';
import { convolution } from './convolution';
import { convolution3d } from './convolution-3d';
import { creation } from './creation';
import { einsum } from './einsum';
import { indexing } from './indexing';
import { registerMappings } from './kernel';
import { localResponse } from './local-response';
import { matmul } from './matmul';
import { normalization } from './normalization';
import { padding } from './padding';
import { pools } from './pooling';
import { pooling3d } from './pooling-3d';
import { quantization } from './quantization';
import { reduction } from './reduction';
import { resize } from './resize';
import { scatter } from './scatter';
import { shape } from './shape';
import { slicing } from './slicing';
import { tap } from './tap';
import { unary } from './unary';

registerMappings({
  ...arctangent,
  ...binary,
  ...blocks,
  ...convolution,
  ...convolution3d,
  ...creation,
  ...einsum,
  ...indexing,
  ...localResponse,
  ...matmul,
  ...normalization,
  ...padding,
  ...pools,
  ...pooling3d,
  ...quantization,
  ...reduction,
  ...resize,
  ...scatter,
  ...shape,
  ...slicing,
  ...tap,
  ...unary,
});
