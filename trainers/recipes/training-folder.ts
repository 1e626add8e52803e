import * as path from 'node:path';
import type { Label } from './setup';

/** The folder of one training. */
export function trainingFolder(
  folder: string,
  { seed, method, level }: Pick<Label, 'seed' | 'method' | 'level'>,
): string {
  const name = level === undefined || level === 0 ? method : `${method}-${level}`;
  return path.join(folder, `seed-${seed}`, name);
}
