import type { Prepared } from '../../compress/prepared';

/** Whether a quantizer of an input must see data before it has a range. */
export function needsData({ inputs }: Prepared): boolean {
  return [...inputs.values()].some(({ observer }) => observer && !observer.hasObserved());
}
