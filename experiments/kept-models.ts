import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeFolderAtomically } from '../lib/core/atomic-folder';
import { fileSizes, FileSizesOptions } from '../lib/core/file-sizes';
import type { Label, Listener, Outcome } from '../trainers/recipes/setup';
import { trainingFolder } from '../trainers/recipes/training-folder';
import type { Save } from './options';
import type { KeptModel } from './result';
import type { Task } from './task';

/** Keeps models of a run while its trainings come in. */
export interface KeptModels extends Required<Pick<Listener, 'onTrained' | 'onOutcome'>> {
  /** The models that are kept by now, and are still there; their files' sizes by `fileSizes`. */
  list(options?: FileSizesOptions): KeptModel[];
  /** Those that were kept and are not there any more. */
  missing(): MissingModel[];
}

export interface MissingModel {
  /** Where it was, in the run's folder. */
  readonly place: string;
  /** Of its training. */
  readonly label: Label;
}

export interface KeptModelsOptions {
  readonly which: Save;
  /** The run's. */
  readonly folder: string;
  /** What decides which is best: the larger, the better. */
  readonly metric: string;
  readonly save: Task['save'];
}

interface Candidate {
  readonly label: Label;
  readonly outcome: Outcome;
}

const MODEL = 'model';

/** Where in the run's folder a model goes, if it is kept. */
type Place = (now: Candidate, best: Candidate | undefined, metric: string) => string | undefined;

const PLACES: Readonly<Record<Save, Place>> = {
  best: (now, best, metric) => (isBetter(now, best, metric) ? MODEL : undefined),
  last: ({ label: { index, count } }) => (index === count - 1 ? MODEL : undefined),
  all: ({ label }) => path.join(trainingFolder('', label), MODEL),
};

/**
 * Keeps `best`, the model of the best row so far, or `last`, that of the last training, as `model` in the run's folder; or `all`, each
 * in the folder of its training. A model is written, whole, before its outcome: where that is found, so was the model kept, and a
 * resumed run keeps what an uninterrupted one does.
 *
 * The best row is one of the method itself; the baseline's counts only while there is no such row, and a control's never. Of equal
 * scores the sparser row is better, then the one of fewer bytes, then the earlier one.
 */
export function keptModels({ which, folder, metric, save }: KeptModelsOptions): KeptModels {
  const kept = new Map<string, Candidate>();
  const placeOf = (now: Candidate) => PLACES[which](now, kept.get(MODEL), metric);
  return {
    onTrained(model, label, outcome) {
      const place = placeOf({ label, outcome });
      if (place !== undefined) writeFolderAtomically(path.join(folder, place), (part) => save(model, part));
    },
    onOutcome(outcome, label) {
      const place = placeOf({ label, outcome });
      if (place !== undefined) kept.set(place, { label, outcome });
    },
    missing: () =>
      [...kept].flatMap(([place, { label }]) =>
        fs.existsSync(path.join(folder, place)) ? [] : [{ place, label }],
      ),
    list: (options) =>
      [...kept].flatMap(([place, { label }]) => {
        const { method, seed, level } = label;
        const own = path.join(folder, place);
        return fs.existsSync(own)
          ? [{ method, seed, level, folder: place, files: fileSizes(own, options) }]
          : [];
      }),
  };
}

/** Compares what decides, in that order. */
function isBetter(now: Candidate, best: Candidate | undefined, metric: string): boolean {
  if (now.label.role === 'control') return false;
  if (!best) return true;
  const [ours, theirs] = [now, best].map((candidate) => merits(candidate, metric));
  const different = ours!.findIndex((merit, i) => merit !== theirs![i]);
  return different >= 0 && ours![different]! > theirs![different]!;
}

/** Larger is better. A score that is no number is the worst. */
function merits({ label, outcome: { metrics, sparsity, bytes } }: Candidate, metric: string): number[] {
  const score = metrics[metric];
  return [Number(label.role === 'method'), Number.isFinite(score) ? score! : -Infinity, sparsity, -bytes];
}
