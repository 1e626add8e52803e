import type * as ort from 'onnxruntime-node';
import { hostOf, HostTensor } from '../core/host-tensor';
import type { Source, Value } from './graph';
import { ortTensor } from './session';

/** How an input of a program gets its data at every run: read where they live, without a copy. */
export function feeder(value: Value, from: Source): (args: readonly HostTensor[]) => ort.Tensor {
  switch (from.kind) {
    case 'argument':
      return (args) => ortTensor(value, args[from.index]!.data);
    case 'variable':
      return () => ortTensor(value, hostOf(from.variable).data);
    case 'derived': {
      const tensor = ortTensor(value, from.input.data);
      return () => {
        from.input.refresh();
        return tensor;
      };
    }
  }
}
