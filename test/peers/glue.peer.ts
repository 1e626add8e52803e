import { deepStrictEqual } from 'node:assert';
import * as path from 'node:path';
import type { Example } from '../../datasets/dataset';
import { readGlue } from '../../datasets/glue';

export const name = 'glue';

/** Rows of train and dev, and how many of them are of class 1, as published. */
const PUBLISHED = {
  sst2: { train: [67349, 37569], dev: [872, 444] },
  cola: { train: [8551, 6023], dev: [1043, 721] },
} as const;

const count = (examples: readonly Example[]) => [
  examples.length,
  examples.filter(({ label }) => label === 1).length,
];

/** Reads the real files and counts their rows. */
export function check(_python: string, shared: string | undefined): Promise<string> {
  if (!shared) return Promise.resolve('skipped: no folder of shared data');
  const counts = Object.keys(PUBLISHED).map((key) => {
    const task = key as keyof typeof PUBLISHED;
    const { train, dev } = readGlue(task, path.join(shared, 'data/glue'));
    const found = { train: count(train), dev: count(dev) };
    deepStrictEqual(found, PUBLISHED[task], `rows of ${task}, and those of class 1`);
    return `${task} ${train.length}/${dev.length}`;
  });
  return Promise.resolve(`rows and labels as published: ${counts.join(', ')}`);
}
