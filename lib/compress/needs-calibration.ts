import { isObserved } from '../quantization/transforms/activation-quantizer';
import type { Prepared } from './prepared';

/** Whether some input has a range to be found: an observer watches it. Weights alone and dynamic ranges need no data. */
export function needsCalibration({ inputs }: Prepared): boolean {
  return [...inputs.values()].some(isObserved);
}
