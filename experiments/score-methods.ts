import { Option } from 'commander';
import { UserError } from '../lib/core/errors';
import type { Phase } from '../trainers/recipes/phase';
import { ScoreMethod, scorePhase } from '../trainers/recipes/score-pruning';
import { movementPruning } from '../trainers/score-pruning/movement-pruning';
import { softMovementPruning } from '../trainers/score-pruning/soft-movement-pruning';
import { staticPruning } from '../trainers/score-pruning/static-pruning';
import { eachOnce } from './parse';

export const METHODS = ['gradual', 'movement', 'soft-movement', 'smp'] as const;
export type MethodName = (typeof METHODS)[number];
type LearnedScores = Exclude<MethodName, 'gradual'>;

const INITIAL = ['zero', 'magnitude'] as const;

/** What learned scores begin with by default. */
export const INITIAL_SCORES = 'magnitude';

/** The options that only learned scores have. */
export interface ScoreScriptOptions {
  readonly method: readonly MethodName[];
  /** What scores begin with. */
  readonly initialScores: (typeof INITIAL)[number];
}

/** Rates that scores are trained with, whatever that of the weights is. */
const SCORE_RATE = 1e-2;
const STATIC_SCORE_RATE = 2e-2;

/** The same for scores that begin with magnitudes: at the paper's rate the warm-up alone would undo their order before the first mask. */
const STATIC_RATE_FROM_MAGNITUDE = 5e-3;

/** Where the threshold becomes one of a count, for the weights to recover from it. */
const SOFT_END = 0.9;

/** The option of the methods. */
export const methodOption = (): Option =>
  eachOnce(
    new Option(
      '--method <names...>',
      'a row of each at each sparsity: gradual, what --saliency says goes; movement, those of the lowest scores, which are trained beside the ' +
        'weights; soft-movement, those whose scores a penalty has pulled below a threshold; smp, scores are all that is trained, and the head',
    ).choices(METHODS),
  );

/** The option that says what scores begin with. */
export const initialScoresOption = (): Option =>
  new Option(
    '--initial-scores <which>',
    'what learned scores begin with: zero, as in the papers, or magnitude, that of the weights, without which ' +
      'the first masks of a short training are noise',
  ).choices(INITIAL);

/** @throws UserError for first scores that are not as by default, where no method has scores. */
export function expectScores({ method, initialScores }: ScoreScriptOptions): void {
  if (initialScores === INITIAL_SCORES || method.some((name) => name !== 'gradual')) return;
  throw new UserError(
    `Expected --method movement, soft-movement or smp with --initial-scores ${initialScores}, got gradual; leave --initial-scores out.`,
  );
}

/** What a method's phase is told beside its own. */
interface Common {
  readonly seed: number;
  readonly sparsity: number;
  readonly level: number;
  readonly begin: number;
  readonly end: number;
  readonly frequency: number;
  /** What scores begin with. */
  readonly initialScores: ScoreScriptOptions['initialScores'];
}

/** Training with learned scores, at a sparsity. @param learningRate the peak, for weights. */
export const scorePhaseOf = (
  name: LearnedScores,
  learningRate: number,
  { initialScores, ...common }: Common,
  more?: Partial<Phase>,
): Phase => scorePhase({ ...common, ...scoreMethod(name, learningRate, initialScores) }, more);

function scoreMethod(
  name: LearnedScores,
  learningRate: number,
  which: ScoreScriptOptions['initialScores'],
): ScoreMethod {
  const rateFactor = SCORE_RATE / learningRate;
  const [initial, staticRate] =
    which === 'zero' ? [0, STATIC_SCORE_RATE] : ([which, STATIC_RATE_FROM_MAGNITUDE] as const);
  switch (name) {
    case 'movement':
      return { name, by: movementPruning({ rateFactor, initial }) };
    case 'soft-movement':
      return { name, by: softMovementPruning({ rateFactor, initial }), coolDown: SOFT_END };
    case 'smp':
      return { name, by: staticPruning({ rateFactor: staticRate / learningRate, initial }) };
  }
}
