import './lib/core/without-banner';

// Models and the numbers that go into them
export { bert } from './lib/models/bert';
export { maskedLanguageModel } from './lib/models/masked-language-model';
export { bertSizes, type BertConfig } from './lib/models/bert-config';
export { type Problem } from './lib/models/problem';
export { mlp, type MlpConfig } from './lib/models/mlp';
export { loadHuggingFace, saveHuggingFace } from './lib/export/hugging-face/folder';
export { exportOnnx, type ExportOnnxOptions } from './lib/export/onnx/export-onnx';
export { loadTfjs, saveTfjs, type SaveTfjsOptions } from './lib/export/tfjs/folder';
import './lib/export/tfjs/file-router'; // `file://` for tfjs's own save and load
export { readSafetensors, writeSafetensors } from './lib/export/safetensors';
export { hostTensor, type HostTensor } from './lib/core/host-tensor';
export { weightsOf, type Weight } from './lib/core/weights';
export { UserError } from './lib/core/errors';

// Compiling
export { jit, type Jitted, type JitOptions } from './lib/compile/jit';
export { atClock, type Clock } from './lib/core/clock';
export { attach, type Attachment, type Pass, type Trainable, type Transform } from './lib/core/attach';
export { revisionOf } from './lib/core/revision';

// Pruning
export { withCoolDown, type CoolDownOptions } from './lib/pruning/cool-down';
export {
  learnedScores,
  type LearnedScores,
  type LearnedScoresOptions,
} from './lib/pruning/scores/learned-scores';
export { scorePruner, type ScorePrunerOptions } from './lib/pruning/scores/score-pruner';
export { thresholdPruner, type ThresholdPrunerOptions } from './lib/pruning/scores/threshold-pruner';
export { scoreShares } from './lib/pruning/scores/score-shares';
export { rewire, type RewiredWeight } from './lib/pruning/rewiring/rewire';
export { type GrowingWeight, type Rewiring } from './lib/pruning/rewiring/rewiring';
export { rigl } from './lib/pruning/rewiring/rigl';
export { setEvolution, type SetEvolutionOptions } from './lib/pruning/rewiring/set-evolution';
export { type DropFraction, type DropOptions } from './lib/pruning/rewiring/drop-fraction';
export { magnitudePruner, pruner, type Pruner, type RunPruner } from './lib/pruning/pruner';
export {
  constantSparsity,
  cubicDecay,
  linearDecay,
  oneShot,
  polynomialDecay,
  type RelativeSchedule,
  type Schedule,
} from './lib/pruning/schedule';
export { cosineDecay } from './lib/pruning/schedules/cosine-decay';
export { exponentialDecay } from './lib/pruning/schedules/exponential-decay';
export {
  globalDistribution,
  uniformDistribution,
  type Distribution,
  type SharedWeight,
} from './lib/pruning/distribution';
export {
  magnitude,
  movement,
  randomSaliency,
  taylor,
  type Saliency,
  type ScoredWeight,
} from './lib/pruning/saliency';
export { absoluteProducts, accumulatedTaylor } from './lib/pruning/saliencies/accumulated-taylor';
export { blockFisher, type BlockFisherOptions } from './lib/pruning/saliencies/block-fisher';
export { diagonalFisher, squaredGradients } from './lib/pruning/saliencies/diagonal-fisher';
export { absoluteGradients, gradientMagnitude } from './lib/pruning/saliencies/gradient-magnitude';
export { snip } from './lib/pruning/saliencies/snip';
export { squaredInputs, wanda } from './lib/pruning/saliencies/wanda';
export { withinOutputs } from './lib/pruning/saliencies/within-outputs';
export {
  weightTimesGradient,
  type GradientBatch,
  type GradientStatistic,
  type InputStatistic,
  type Stats,
  type WeightStatistic,
} from './lib/pruning/weight-statistics';
export { unstructured, type Pattern } from './lib/pruning/pattern';
export { blocks, type BlocksOptions } from './lib/pruning/patterns/blocks';
export { nOfM, type NOfMOptions } from './lib/pruning/patterns/n-of-m';
export { outputChannels } from './lib/pruning/patterns/output-channels';
export { erdosRenyi, erdosRenyiKernel } from './lib/pruning/distributions/erdos-renyi';
export { keepAtLeast, type KeepAtLeastOptions } from './lib/pruning/distributions/keep-at-least';
export {
  layerwiseDistribution,
  sparsityOfRules,
  type SparsityRule,
} from './lib/pruning/distributions/layerwise';
export { growOnly, regrow, type MaskRule } from './lib/pruning/mask-rule';
export { type MaskKind, type MaskSet } from './lib/pruning/mask';
export { clearMasks, hardenMasks, masksOf, setMasks } from './lib/pruning/model-masks';
export { loadMasks, saveMasks } from './lib/pruning/mask-file';
export { maskDistance } from './lib/pruning/mask-distance';
export { maskOverlap, type MaskOverlap, type Overlap } from './lib/pruning/mask-overlap';
export { randomMasks, shuffledMasks } from './lib/pruning/control-masks';
export {
  defaultTargets,
  pruningTargets,
  type PruningTargets,
  type SkippedTarget,
} from './lib/pruning/targets';
export { fractionOfOriginal, fractionOfRemaining, type Levels } from './lib/pruning/rewind';

// Quantization
export {
  perAxis,
  perChannel,
  perChannelGroup,
  perGroup,
  perTensor,
  type Granularity,
} from './lib/quantization/granularity';
export {
  bf16,
  fp16,
  int4,
  int8,
  ternary,
  uint8,
  type HalfSpec,
  type Int8Options,
  type QuantSpec,
  type WeightSpec,
} from './lib/quantization/spec';
export { fakeQuantize } from './lib/quantization/fake-quantize';
export { dynamicQuantize } from './lib/quantization/dynamic-quantize';
export { dequantize, quantize } from './lib/quantization/quantize';
export { straightThrough } from './lib/core/straight-through';
export { encode, type EncodeOptions } from './lib/quantization/encode';
export { codesOf, decode } from './lib/quantization/decode';
export {
  hasIntegers,
  type EncodedIntegers,
  type EncodedWeight,
  type WeightValues,
} from './lib/quantization/encoded-weight';
export { type LearnedRange, type Observer } from './lib/quantization/observers/observer';
export { minMax } from './lib/quantization/observers/min-max';
export { movingAverage } from './lib/quantization/observers/moving-average';
export { percentile } from './lib/quantization/observers/percentile';
export { histogram } from './lib/quantization/observers/histogram';
export { entropy } from './lib/quantization/observers/entropy';
export { mse } from './lib/quantization/observers/mse';
export {
  learnedClip,
  learnedStep,
  type LearnedRangeOptions,
} from './lib/quantization/observers/learned-range';
export { type QuantizerMode } from './lib/quantization/transforms/quantizer';
export { encodeCodes, type GivenCodes } from './lib/quantization/encode-codes';
export { type Encoder, type WeightQuantizer } from './lib/quantization/transforms/weight-quantizer';
export { sqnr } from './lib/analysis/sqnr';

// Repair: float models that compute the same and are easier to quantize
export { equalize, type Equalized, type EqualizeOptions } from './lib/analysis/equalization/equalize';
export { type ScaledPair } from './lib/analysis/equalization/rescale';
export { smoothQuant, type SmoothQuantOptions } from './lib/analysis/equalization/smooth-quant';
export {
  absorbBiases,
  type Absorbed,
  type AbsorbBiasesOptions,
  type AbsorbedBias,
} from './lib/analysis/equalization/absorb-biases';
export {
  outputStatistics,
  type ChannelStatistics,
  type OutputStatistics,
} from './lib/analysis/equalization/channel-statistics';
export { foldBatchNorm, type FoldedModel, type FoldedNorm } from './lib/analysis/folding/fold-batch-norm';

// Compression
export {
  dynamicInt8,
  lsq,
  pact,
  staticInt8,
  weightOnly,
  type LearnedRangeSchemeOptions,
  type Scheme,
} from './lib/compress/scheme';
export { type Rule, type Rules } from './lib/compress/rules';
export { halfButFeedForward, type HalfButFeedForwardOptions } from './lib/compress/half-but-feed-forward';
export { prepare, type Prepared, type Skipped } from './lib/compress/prepare';
export { calibrate, type CalibrateOptions } from './lib/compress/calibrate';
export { needsCalibration } from './lib/compress/needs-calibration';
export { gptq, type GptqOptions } from './lib/compress/repair/gptq';
export { adaRound, type AdaRoundOptions } from './lib/compress/repair/ada-round';
export { type Rounded, type RoundedLayer } from './lib/compress/repair/round-layers';
export {
  correctBiases,
  type CorrectBiasesOptions,
  type CorrectedBias,
  type CorrectedBiases,
} from './lib/compress/repair/bias-correction';
export { convert } from './lib/compress/convert';
export { type Compressed } from './lib/compress/compressed';
export { report, type Report } from './lib/compress/report';

export { quantizeModel, type QuantizeModelOptions } from './lib/analysis/quantize-model';
export { repairs, type Repair, type RepairContext, type RepairName } from './lib/analysis/repairs';
export { suspects, type Suspect } from './trainers/accuracy-gate';

// What there is to know of a model and its data
export { type DeclaresFacts, type LayerFacts, type Passing, type WeightFacts } from './lib/core/facts';
export { type ActivationFacts, type ProductFacts, type ScalingFacts } from './lib/core/scaling-facts';
export { factsOf, weightFacts } from './lib/core/facts-of';
export { scalingOf } from './lib/core/scaling-of';
export { feedsOf, type Feed, type FeedOptions, type Feeds, type Passes } from './lib/core/feeds';
export { layersOf } from './lib/core/layers';
export {
  gateGradients,
  gateSquares,
  meanMagnitude,
  type GatedUnits,
  type GateGradients,
} from './lib/analysis/gate-gradients';
export { observerFrom } from './lib/quantization/observers/from-config';
export { learningRateFrom, optimizerFrom } from './trainers/from-config';
export {
  distributionFrom,
  patternFrom,
  rewiringFrom,
  saliencyFrom,
  scheduleFrom,
} from './lib/pruning/from-config';
export { scorePruningFrom } from './trainers/score-pruning/from-config';
export { withoutUnits, type Slice, type Unit, type Values } from './lib/pruning/unit';
export { gather, type Gathered, type GatherData, type GatherOptions } from './lib/analysis/gather';
export { type Recording, type RowSelector } from './lib/analysis/record';
export { count, gram, maxAbs, sum, type Statistic } from './lib/analysis/statistics';

// Structure: physically smaller transformers
export * from './lib/structure/exports';

// Mixed precision
export { sensitivity, type SensitivityOptions } from './lib/analysis/sensitivity/sensitivity';
export { type SensitivityRow, type SensitivityTable } from './lib/analysis/sensitivity/table';
export {
  pruningSensitivity,
  type PruningRow,
  type PruningSensitivityOptions,
  type PruningTable,
} from './lib/analysis/sensitivity/pruning-sensitivity';
export {
  pruningCurves,
  sparsityRulesOf,
  type PruningPoint,
  type SparsityRulesOptions,
} from './lib/analysis/sensitivity/pruning-curves';
export { withLatency, type WithLatencyOptions } from './lib/analysis/sensitivity/with-latency';
export { type Measure, type OpenMeasure } from './lib/analysis/measures/measure';
export { decibels, outputNoise, type OutputNoiseOptions } from './lib/analysis/measures/output-noise';
export { scoreLoss, type ScoreLossOptions } from './lib/analysis/measures/score-loss';
export { fisher } from './lib/analysis/measures/fisher';
export { type GradientOptions, type LabelledBatch } from './lib/analysis/measures/gradients';
export { hessianTrace, type HessianTraceOptions } from './lib/analysis/measures/hessian-trace';
export { paretoFront, search, type Budget, type Solution } from './lib/analysis/search/search';
export { rulesOf } from './lib/analysis/search/rules-of';
export { measureLatency, type LatencyOptions } from './lib/analysis/latency';
export { measureMemory } from './lib/analysis/resident-memory';
export { gzippedLength } from './lib/analysis/gzipped-length';
export { measureFootprint, type Footprint } from './lib/analysis/footprint';

// Training
export { train, type TrainOptions, type TrainResult } from './trainers/trainer';
export { type Callback, type Training } from './trainers/callback';
export { compiledEngine, type CompiledEngineOptions } from './trainers/engines/compiled';
export { eagerEngine, type EagerEngineOptions } from './trainers/engines/eager';
export * from './trainers/exports';
export { constantRate, linearWarmup, type LearningRate } from './trainers/schedules';
export { distillation, softLabels, softTargets, type DistillationOptions } from './trainers/distillation';
export * from './trainers/fit/exports';
export { evaluate } from './trainers/evaluate';
export { inferenceOf, type Inference, type InferenceOptions } from './trainers/inference';
export { metrics, type Metric } from './trainers/metrics';
export { labelAccuracy, microF1 } from './trainers/multi-label-metrics';
export { earlyBird, type EarlyBirdOptions } from './trainers/callbacks/early-bird';
export { earlyStopping } from './trainers/callbacks/early-stopping';
export { progress } from './trainers/callbacks/progress';
export { pruning, type PruningOptions } from './trainers/callbacks/pruning';
export { rewiring } from './trainers/callbacks/rewiring';
export { unitPruning, type UnitPruningOptions } from './trainers/callbacks/unit-pruning';
export { scoreTraining, type ScoreTrainingOptions } from './trainers/callbacks/score-training';
export { type AttachedScores, type ScorePruning } from './trainers/score-pruning/score-pruning';
export { movementPruning, type MovementPruningOptions } from './trainers/score-pruning/movement-pruning';
export {
  softMovementPruning,
  type SoftMovementPruningOptions,
} from './trainers/score-pruning/soft-movement-pruning';
export { staticPruning, type StaticPruningOptions } from './trainers/score-pruning/static-pruning';
export { type ScoringOptions } from './trainers/pruning/scoring-pass';
export { quantization } from './trainers/callbacks/quantization';
export { stopOnSignal } from './trainers/callbacks/stop-on-signal';
export { tensorboard } from './trainers/callbacks/tensorboard';
export { eventWriter, type EventWriter } from './lib/tensorboard/event-writer';

// Recipes
export {
  configured,
  madeFrom,
  type Config,
  type Configured,
  type Factories,
  type Json,
} from './lib/core/config';
export { densePhase } from './trainers/recipes/dense';
export { finetune } from './trainers/recipes/finetune';
export { gradualPruning } from './trainers/recipes/gradual-pruning';
export { scorePruning, type ScoreMethod, type ScorePruningOptions } from './trainers/recipes/score-pruning';
export {
  structuredPruning,
  type GradualStructure,
  type StructuredPruningOptions,
} from './trainers/recipes/structured-pruning';
export { type Asked, type Scoring, type StructuredMethod } from './trainers/recipes/structured-method';
export {
  sparseTraining,
  type SparseMethod,
  type SparseTrainingOptions,
} from './trainers/recipes/sparse-training';
export { lotteryTicket, type LotteryTicketOptions } from './trainers/recipes/lottery-ticket';
export { transferTicket, type TransferTicketOptions } from './trainers/recipes/transfer-ticket';
export { readTicket } from './trainers/recipes/read-ticket';
export { lateResetting, learningRateRewinding, resetWeights } from './trainers/recipes/rewinding';
export { type Rewinding } from './trainers/recipes/rewinding';
export { winningTickets, type WinningTickets } from './trainers/recipes/winning-tickets';
export {
  type Label,
  type Listener,
  type Outcome,
  type RecipeOptions,
  type Setup,
} from './trainers/recipes/setup';
export { type Attached, type Beside, type Finished, type Phase, type States } from './trainers/recipes/phase';
export { type PhasesOptions } from './trainers/recipes/phase-context';
export { runPhases } from './trainers/recipes/phases';
export { compareOrders, type CompareOrdersOptions } from './trainers/recipes/compare-orders';
export {
  ORDERS,
  type Order,
  type OrderOptions,
  orderPhases,
  pruneAndQuantize,
  type PruneAndQuantizeOptions,
} from './trainers/recipes/orders';
export { layerwisePruning, type LayerwisePruningOptions } from './trainers/recipes/layerwise-pruning';
export { mixedPrecision, type MixedPrecisionOptions } from './trainers/recipes/mixed-precision';
export { ptq, type PtqMethod, type PtqOptions } from './trainers/recipes/ptq';
export { qat, type QatMethod, type QatOptions } from './trainers/recipes/qat';

// Data
export { asDataset, fromTensors, type Batch, type BatchSource } from './datasets/batch';
export { batchSource } from './datasets/batches';
export { downloadGlue } from './datasets/download/glue';
export { downloadModel } from './datasets/download/hub-model';
export { maskedLanguageSource, packLines } from './datasets/masked-language';
export { type Dataset, type Example } from './datasets/dataset';
export { readGlue, readGlueTest } from './datasets/glue';
export { glueSubmission } from './datasets/glue-submission';
export { tokenCache, type TokenCache } from './datasets/token-cache';
export { wordPiece, type Tokenizer } from './datasets/tokenizer/tokenizer';
export { tokenizerOf } from './datasets/tokenizer/tokenizer-of';
export { buildVocabulary } from './datasets/tokenizer/vocabulary';
export { pruneVocabulary, type PrunedVocabulary } from './datasets/tokenizer/prune-vocabulary';
export { tableDataset, type TableOptions } from './datasets/table/table-dataset';
export { toyTask } from './datasets/toy';
