import { TAP, Take } from '../../core/tap';
import { input, Mapping } from './kernel';

/** A kernel without a result: its input is handed to the host after each run. */
export const tap: Record<string, Mapping> = {
  [TAP]: (inputs, attrs, graph) => {
    graph.tap(input(inputs, 'x'), attrs.get<Take>('take'));
    return [];
  },
};
