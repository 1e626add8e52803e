import * as fs from 'node:fs';
import type { Callback, Evaluation } from '../../../trainers/callback';
import { evaluate } from '../../../trainers/evaluate';
import { finetune, FinetuneOptions } from '../../../trainers/recipes/finetune';
import { smallSetup, temporaryFolder } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const EPOCHS = 20;
const setup = { ...smallSetup(), epochs: EPOCHS };

const tune = (options: Partial<FinetuneOptions> = {}) => finetune({ setup, folder, seed: 1, ...options });

const stopping = { metric: 'accuracy', better: 'larger', patience: 2, restoreBest: true } as const;

it('ends where the score does not improve any more, with the model and the scores of the best evaluation', async () => {
  const evaluations: Evaluation[] = [];
  const watch: Callback = { name: 'watch', onEvaluate: (_, evaluation) => void evaluations.push(evaluation) };
  const again: Record<string, number>[] = [];
  const [outcome] = await tune({
    stopping,
    listener: {
      callbacks: () => [watch],
      onTrained: async (model) => void again.push({ ...(await evaluate(model, setup.dev, setup)) }),
    },
  });
  const scores = evaluations.map(({ metrics }) => metrics['accuracy']!);
  const best = scores.indexOf(Math.max(...scores));
  expect(evaluations).toHaveLength(best + 3); // two more were not better
  expect(outcome!.steps).toBe(evaluations.at(-1)!.step);
  expect(outcome!.steps).toBeLessThan(EPOCHS * 6);
  expect(outcome!.metrics).toEqual(evaluations[best]!.metrics);
  expect(again[0]!['accuracy']).toBe(scores[best]);
  expect(again[0]!['loss']).toBeCloseTo(outcome!.metrics['loss']!, 5);
  expect(outcome!.metrics).not.toEqual(evaluations.at(-1)!.metrics);
});

it('is the same training without, up to where it ends, and refuses its folder to another patience', async () => {
  const [whole] = await tune({ folder: `${folder}/whole` });
  const [patient] = await tune({ folder: `${folder}/patient`, stopping: { ...stopping, patience: 99 } });
  expect([whole!.steps, patient!.steps]).toEqual([EPOCHS * 6, EPOCHS * 6]);
  expect(patient!.losses).toEqual(whole!.losses);
  expect(patient!.metrics['accuracy']).toBeGreaterThanOrEqual(whole!.metrics['accuracy']!);
  await expect(tune({ folder: `${folder}/patient`, stopping })).rejects.toThrow(/patience/);
  await expect(tune({ folder: `${folder}/patient` })).rejects.toThrow(/same training/);
});
