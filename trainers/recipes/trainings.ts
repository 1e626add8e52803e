import * as path from 'node:path';
import type { Label, Outcome, RecipeOptions } from './setup';
import { stage } from './stage';

/** The folder of one training. */
export function trainingFolder(
  folder: string,
  { seed, method, level }: Pick<Label, 'seed' | 'method' | 'level'>,
): string {
  const name = level === undefined || level === 0 ? method : `${method}-${level}`;
  return path.join(folder, `seed-${seed}`, name);
}

/** One training of a recipe, unless it was finished before; the observer hears of it. */
export async function training(
  { folder, observer }: RecipeOptions,
  label: Label,
  run: (folder: string) => Promise<Outcome>,
): Promise<Outcome> {
  const own = trainingFolder(folder, label);
  const { outcome, reused } = await stage(own, () => run(own));
  observer?.onOutcome?.(outcome, label, reused);
  return outcome;
}
