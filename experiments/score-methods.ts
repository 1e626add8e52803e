import { Option } from 'commander';
import type { Phase } from '../trainers/recipes/phase';
import { ScoreMethod, scorePhase } from '../trainers/recipes/score-pruning';
import { movementPruning } from '../trainers/score-pruning/movement-pruning';
import { softMovementPruning } from '../trainers/score-pruning/soft-movement-pruning';
import { staticPruning } from '../trainers/score-pruning/static-pruning';
import { eachOnce } from './parse';

export const METHODS = ['gradual', 'movement', 'soft-movement', 'smp'] as const;
export type MethodName = (typeof METHODS)[number];
type LearnedScores = Exclude<MethodName, 'gradual'>;

/** Rates that scores are trained with, whatever that of the weights is. */
const SCORE_RATE = 1e-2;
const STATIC_SCORE_RATE = 2e-2;

/** Where the threshold becomes one of a count, for the weights to recover from it. */
const SOFT_END = 0.9;

/** The option of the command line. */
export const methodOption = (): Option =>
  eachOnce(
    new Option(
      '--method <names...>',
      'a row of each at each sparsity: gradual, what --saliency says goes; movement, those of the lowest scores, which are trained beside the ' +
        'weights; soft-movement, those whose scores a penalty has pulled below a threshold; smp, scores are all that is trained, and the head',
    ).choices(METHODS),
  );

/** What a method's phase is told beside its own. */
interface Common {
  readonly seed: number;
  readonly sparsity: number;
  readonly level: number;
  readonly begin: number;
  readonly end: number;
  readonly frequency: number;
}

/** Training with learned scores, at a sparsity. @param learningRate the peak, for weights. */
export const scorePhaseOf = (
  name: LearnedScores,
  learningRate: number,
  common: Common,
  more?: Partial<Phase>,
): Phase => scorePhase({ ...common, ...scoreMethod(name, learningRate) }, more);

function scoreMethod(name: LearnedScores, learningRate: number): ScoreMethod {
  const rateFactor = SCORE_RATE / learningRate;
  switch (name) {
    case 'movement':
      return { name, by: movementPruning({ rateFactor }) };
    case 'soft-movement':
      return { name, by: softMovementPruning({ rateFactor }), coolDown: SOFT_END };
    case 'smp':
      return { name, by: staticPruning({ rateFactor: STATIC_SCORE_RATE / learningRate }) };
  }
}
