import type { Phase } from './phase';

/** Training a model as it is, or, where the setup has no epochs, taking it as it is: the baseline of every comparison. */
export const densePhase = (seed: number, more: Partial<Phase> = {}): Phase => ({
  label: { method: 'dense', role: 'baseline', seed },
  identity: null,
  ...more,
});

/** The same, for recipes of several sparsities: level 0 of theirs. */
export const denseLevel = (seed: number, more: Partial<Phase> = {}): Phase =>
  densePhase(seed, { label: { method: 'dense', role: 'baseline', seed, level: 0 }, ...more });
