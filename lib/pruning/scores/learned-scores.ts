import type * as tf from '@tensorflow/tfjs';
import { attach, Attachment } from '../../core/attach';
import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { Weight, weightsOf } from '../../core/weights';
import { maskable, maskOf, setMask } from '../model-masks';
import type { Saliency, ScoredWeight } from '../saliency';
import { defaultTargets } from '../targets';
import { expectInitial, InitialScores } from './initial-scores';
import { ScorePenalty, scorePenalty } from './penalty';
import { ScoreTap } from './score-tap';

/** Options of {@link learnedScores}. */
export interface LearnedScoresOptions {
  /** Paths of the weights that get scores. Default: `defaultTargets(model)`. */
  readonly targets?: readonly string[];
  /** What scores begin with: a number, or `'magnitude'`, by the weights themselves. Default 0. */
  readonly initial?: InitialScores;
  /**
   * What the learning rate is multiplied by for scores, at least 0. Default 200: the papers train scores with 1e-2 where weights have 3e-5 to
   * 5e-5.
   */
  readonly rateFactor?: number;
  /** Whether there is a penalty that pulls scores down (`penalty`); its gradient is computed in every step then. Default false. */
  readonly penalized?: boolean;
}

/** A score for each value of some weights of a model, trained with the model. */
export interface LearnedScores {
  /** Paths of the weights that have scores. */
  readonly targets: readonly string[];
  /** The scores as they are, larger = keep: for a pruner with `regrow` and latent masks. */
  readonly saliency: Saliency;
  /** The penalty, where there is one; λ is 0 at first. */
  readonly penalty?: ScorePenalty;
  /** The scores of a weight as they are now, row-major. Not to be written. @throws UserError for a weight that has none. */
  of(path: string): Float32Array;
  /** Takes the scores off the model and frees them; masks stay. Twice is once. */
  detach(): void;
}

/**
 * Gives weights of a model scores that are trained with it, each under a latent mask that keeps everything at first. Layers compute with
 * `W ⊙ M`, where masks M are made of scores S by whoever trains (`scorePruner`, `thresholdPruner`); what S and W learn is in `throughScores`.
 *
 * Not to be mistaken for the saliency `movement`, which trains nothing: it sums `−w · g` since the last update, which is what these scores
 * come to when they begin at 0 and SGD without momentum trains them with a rate of 1.
 *
 * @throws UserError for targets that the model does not have or that have a mask already, and for a rate or a first score that is no number. The
 * model is then as it was.
 *
 * @example
 * const scores = learnedScores(model, { rateFactor: 200 });
 * await train({ model, callbacks: [pruning({ pruner: scorePruner({ scores, schedule }) })], ... });
 * hardenMasks(model);
 * scores.detach();
 */
export function learnedScores(model: tf.LayersModel, options: LearnedScoresOptions = {}): LearnedScores {
  const { initial = 0, rateFactor = 200, penalized = false } = options;
  expectInitial(initial);
  if (!(rateFactor >= 0 && rateFactor < Infinity)) {
    throw new UserError(`Expected a rateFactor of scores of at least 0, got ${rateFactor}.`);
  }
  const weights = scoredWeights(model, options.targets);
  const penalty = penalized ? scorePenalty(weights.length) : undefined;
  const taps = new Map(
    weights.map(({ path, variable }) => [path, new ScoreTap({ variable, initial, rateFactor, penalty })]),
  );
  const attachments = weights.flatMap((weight) => attachScores(model, weight, taps.get(weight.path)!));
  const of = (path: string): Float32Array => {
    const tap = taps.get(path);
    if (tap) return hostOf(tap.scores).data as Float32Array;
    throw new UserError(`Expected a weight that has scores, got "${path}"; name it among the targets.`);
  };
  return {
    targets: [...taps.keys()],
    saliency: configured(({ path }: ScoredWeight) => of(path).slice(), 'learnedScores', {
      ...{ initial, rateFactor, penalized },
    }),
    penalty,
    of,
    detach() {
      attachments.splice(0).forEach((attachment) => attachment.detach());
      taps.forEach((tap) => tap.dispose());
      taps.clear();
    },
  };
}

/** The mask first, then the scores: what follows, such as a quantizer, gets the masked weight. */
function attachScores(model: tf.LayersModel, weight: Weight, tap: ScoreTap): Attachment[] {
  const place = maskable(model, weight);
  const attachments = (place.places ?? []).map(({ layer, name }) =>
    attach(layer, name, tap, { first: true }),
  );
  setMask(place, new Uint8Array(weight.variable.size).fill(1), 'latent');
  return attachments;
}

function scoredWeights(model: tf.LayersModel, targets?: readonly string[]): Weight[] {
  const weights = targets ? namedWeights(model, targets) : defaultTargets(model);
  if (weights.length === 0) {
    throw new UserError(
      `Expected weights of "${model.name}" to score, got none; name them (targets: ['dense/kernel']).`,
    );
  }
  const masked = weights.find(({ variable }) => maskOf(variable));
  if (!masked) return weights;
  throw new UserError(
    `Expected weights without masks, which scores make, but "${masked.path}" has one; take it away (clearMasks) or leave the weight out.`,
  );
}

function namedWeights(model: tf.LayersModel, targets: readonly string[]): Weight[] {
  const weights = new Map(weightsOf(model).map((weight) => [weight.path, weight]));
  return [...new Set(targets)].map((path) => {
    const weight = weights.get(path);
    if (weight) return weight;
    throw new UserError(
      `Expected weights of "${model.name}" to score, got "${path}": see weightsOf(model) for their paths.`,
    );
  });
}
