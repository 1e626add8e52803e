import { binary } from './binary';
import { creation } from './creation';
import { indexing } from './indexing';
import { registerMappings } from './kernel';
import { matmul } from './matmul';
import { quantization } from './quantization';
import { reduction } from './reduction';
import { shape } from './shape';
import { unary } from './unary';

registerMappings({
  ...binary,
  ...creation,
  ...indexing,
  ...matmul,
  ...quantization,
  ...reduction,
  ...shape,
  ...unary,
});
