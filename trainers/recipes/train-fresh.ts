import type { Callback } from '../callback';
import { footprintOf } from './footprint';
import type { Label, Outcome, RecipeOptions } from './setup';
import { openSubject } from './subject';
import { trainMethod } from './train-method';
import { training } from './trainings';

/** One training from a seed's first weights, with a method's callbacks if it has some; without, it is dense. */
export function trainFresh(
  options: RecipeOptions,
  label: Label,
  callbacks: readonly Callback[] = [],
): Promise<Outcome> {
  const { setup, observer } = options;
  return training(options, label, async (folder) => {
    const subject = await openSubject(setup, await setup.model(label.seed));
    try {
      const trained = await trainMethod(subject, label, { folder, observer, callbacks });
      const outcome = { ...trained, ...(await footprintOf(options, subject.model, label)) };
      await observer?.onTrained?.(subject.model, label, outcome);
      return outcome;
    } finally {
      subject.dispose();
    }
  });
}
