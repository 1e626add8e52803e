import { binary } from './binary';
import { convolution } from './convolution';
import { convolution3d } from './convolution-3d';
import { creation } from './creation';
import { indexing } from './indexing';
import { registerMappings } from './kernel';
import { matmul } from './matmul';
import { normalization } from './normalization';
import { padding } from './padding';
import { pools } from './pooling';
import { quantization } from './quantization';
import { reduction } from './reduction';
import { shape } from './shape';
import { slicing } from './slicing';
import { tap } from './tap';
import { unary } from './unary';

registerMappings({
  ...binary,
  ...convolution,
  ...convolution3d,
  ...creation,
  ...indexing,
  ...matmul,
  ...normalization,
  ...padding,
  ...pools,
  ...quantization,
  ...reduction,
  ...shape,
  ...slicing,
  ...tap,
  ...unary,
});
