/** Pruning: what the package shows of it. */
export { withCoolDown, type CoolDownOptions } from './cool-down';
export { type InitialScores } from './scores/initial-scores';
export { learnedScores, type LearnedScores, type LearnedScoresOptions } from './scores/learned-scores';
export { type ScorePenalty } from './scores/penalty';
export { scorePruner, type ScorePrunerOptions } from './scores/score-pruner';
export { thresholdPruner, type ThresholdPrunerOptions } from './scores/threshold-pruner';
export { scoreShares } from './scores/score-shares';
export { rewire, type RewiredWeight } from './rewiring/rewire';
export { type GrowingWeight, type Rewiring } from './rewiring/rewiring';
export { rigl } from './rewiring/rigl';
export { setEvolution, type SetEvolutionOptions } from './rewiring/set-evolution';
export { type DropFraction, type DropOptions } from './rewiring/drop-fraction';
export { prune, type PrunableWeight, type PruneOptions } from './prune';
export { magnitudePruner, pruner, type Pruner, type PrunerOptions, type RunPruner } from './pruner';
export {
  constantSparsity,
  cubicDecay,
  linearDecay,
  oneShot,
  polynomialDecay,
  type ConstantSparsityOptions,
  type OneShotOptions,
  type PolynomialDecayOptions,
  type PruningMoment,
  type RampOptions,
  type RelativeSchedule,
  type Schedule,
} from './schedule';
export { type FractionWindow, type StepWindow } from './window';
export { cosineDecay } from './schedules/cosine-decay';
export { exponentialDecay } from './schedules/exponential-decay';
export {
  globalDistribution,
  uniformDistribution,
  type Distribution,
  type SharedWeight,
} from './distribution';
export { magnitude, movement, randomSaliency, taylor, type Saliency, type ScoredWeight } from './saliency';
export { absoluteProducts, accumulatedTaylor } from './saliencies/accumulated-taylor';
export { blockFisher, type BlockFisherOptions } from './saliencies/block-fisher';
export { diagonalFisher, squaredGradients } from './saliencies/diagonal-fisher';
export { absoluteGradients, gradientMagnitude } from './saliencies/gradient-magnitude';
export { snip } from './saliencies/snip';
export { squaredInputs, wanda } from './saliencies/wanda';
export { withinOutputs } from './saliencies/within-outputs';
export {
  weightTimesGradient,
  type GradientBatch,
  type GradientStatistic,
  type InputStatistic,
  type Stats,
  type WeightStatistic,
} from './weight-statistics';
export { unstructured, type Pattern } from './pattern';
export { blocks, type BlocksOptions } from './patterns/blocks';
export { nOfM, type NOfMOptions } from './patterns/n-of-m';
export { outputChannels } from './patterns/output-channels';
export { erdosRenyi, erdosRenyiKernel } from './distributions/erdos-renyi';
export { keepAtLeast, type KeepAtLeastOptions } from './distributions/keep-at-least';
export { layerwiseDistribution, sparsityOfRules, type SparsityRule } from './distributions/layerwise';
export { growOnly, regrow, type MaskRule } from './mask-rule';
export { countFlips, countPruned, maskSet, sparsityOf, type MaskKind, type MaskSet } from './mask';
export { clearMasks, hardenMasks, masksOf, setMasks } from './model-masks';
export { loadMasks, saveMasks } from './mask-file';
export { maskDistance } from './mask-distance';
export { maskOverlap, type LayerOverlap, type MaskOverlap, type Overlap } from './mask-overlap';
export { randomMasks, shuffledMasks } from './control-masks';
export { defaultTargets, pruningTargets, type PruningTargets, type SkippedTarget } from './targets';
export { fractionOfOriginal, fractionOfRemaining, type Levels } from './rewind';
