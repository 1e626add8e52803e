import './lib/core/without-banner';

// Models and the numbers that go into them
export { bert } from './lib/models/bert';
export { maskedLanguageModel } from './lib/models/masked-language-model';
export {
  bertSizes,
  type BertConfig,
  type BertSize,
  type BertSizeName,
  type ResolvedBertConfig,
} from './lib/models/bert-config';
export { problems, type Problem } from './lib/models/problem';
export { dropout, type DropoutOptions } from './lib/models/layers/dropout';
export { mlp, type MlpConfig } from './lib/models/mlp';
export {
  loadHuggingFace,
  saveHuggingFace,
  type LoadedHuggingFace,
  type LoadHuggingFaceOptions,
  type SaveHuggingFaceOptions,
} from './lib/export/hugging-face/folder';
export { type AddedToken, type WordPieceToken } from './lib/export/hugging-face/added-token';
export { type TokenizerFiles } from './lib/export/hugging-face/tokenizer';
export { type Merge, type TokenizerJson } from './lib/export/hugging-face/tokenizer-json';
export { exportOnnx, type ExportOnnxOptions } from './lib/export/onnx/export-onnx';
export { loadTfjs, saveTfjs, type SaveTfjsOptions } from './lib/export/tfjs/folder';
import './lib/export/tfjs/file-router'; // `file://` for tfjs's own save and load
export {
  readSafetensors,
  writeSafetensors,
  type Storable,
  type StoredHalf,
  type StoredInt8,
} from './lib/export/safetensors';
export { hostTensor, type HostTensor } from './lib/core/host-tensor';
export { weightsOf, type Weight } from './lib/core/weights';
export { UserError } from './lib/core/errors';

// Compiling
export { jit, type Jitted, type JitOptions } from './lib/compile/jit';
export { type TensorResult } from './lib/compile/trace';
export { type IntegerPath } from './lib/compile/passes';
export { type RunsOn } from './lib/compile/open-session';
export { atClock, type Clock } from './lib/core/clock';
export {
  attach,
  type Attachment,
  type AttachOptions,
  type BakedValues,
  type Pass,
  type Trainable,
  type Transform,
} from './lib/core/attach';
export { revisionOf } from './lib/core/revision';

// Pruning
export * from './lib/pruning/exports';

// Quantization
export {
  perAxis,
  perChannel,
  perChannelGroup,
  perGroup,
  perTensor,
  type Granularity,
  type GranularityConfig,
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
export { type HalfFormat } from './lib/core/half';
export { type QParams } from './lib/quantization/qparams';
export { fakeQuantize, type FakeQuantizeOptions } from './lib/quantization/fake-quantize';
export { dynamicQuantize, type DynamicQuantizeOptions } from './lib/quantization/dynamic-quantize';
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
export { type Codes } from './lib/quantization/pack';
export {
  type LearnedRange,
  type Observer,
  type ObserverOptions,
} from './lib/quantization/observers/observer';
export { type RangeObserver, type RangeObserverOptions } from './lib/quantization/observers/range-observer';
export { type HistogramObserver } from './lib/quantization/observers/histogram-observer';
export { type HostRange } from './lib/quantization/observers/host-range';
export { minMax } from './lib/quantization/observers/min-max';
export { movingAverage, type MovingAverageOptions } from './lib/quantization/observers/moving-average';
export { percentile, type PercentileOptions } from './lib/quantization/observers/percentile';
export { histogram } from './lib/quantization/observers/histogram';
export { entropy } from './lib/quantization/observers/entropy';
export { mse, type MseOptions } from './lib/quantization/observers/mse';
export {
  learnedClip,
  learnedStep,
  type LearnedRangeOptions,
} from './lib/quantization/observers/learned-range';
export { type InputQuantizer, type QuantizerMode } from './lib/quantization/transforms/quantizer';
export { encodeCodes, type GivenCodes } from './lib/quantization/encode-codes';
export { type Encoder, type WeightQuantizer } from './lib/quantization/transforms/weight-quantizer';
export { type LearnedSteps } from './lib/quantization/learned-steps';
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
  type DynamicInt8Options,
  type LearnedRangeSchemeOptions,
  type Scheme,
  type StaticInt8Options,
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
export {
  report,
  type Report,
  type ReportOptions,
  type ReportRow,
  type ReportTotal,
} from './lib/compress/report';
export { type FileSize } from './lib/core/file-sizes';

export { quantizeModel, type QuantizeModelOptions } from './lib/analysis/quantize-model';
export { repairs, type Repair, type RepairContext, type RepairName } from './lib/analysis/repairs';
export { suspects, type Suspect } from './trainers/accuracy-gate';

// What there is to know of a model and its data
export { type DeclaresFacts, type LayerFacts, type Passing, type WeightFacts } from './lib/core/facts';
export { type ActivationFacts, type ProductFacts, type ScalingFacts } from './lib/core/scaling-facts';
export { factsOf, weightFacts, type NamedWeight } from './lib/core/facts-of';
export { scalingOf } from './lib/core/scaling-of';
export { feedsOf, type Feed, type FeedOptions, type Feeds, type Passes } from './lib/core/feeds';
export { type Call, type GraphTensor } from './lib/core/calls';
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
export { count, gram, maxAbs, sum, type Join, type Statistic } from './lib/analysis/statistics';

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
export { type Change, type Measure, type OpenMeasure, type Subject } from './lib/analysis/measures/measure';
export { decibels, outputNoise, type OutputNoiseOptions } from './lib/analysis/measures/output-noise';
export { scoreLoss, type Answers, type ScoreLossOptions } from './lib/analysis/measures/score-loss';
export { fisher } from './lib/analysis/measures/fisher';
export {
  type GradientOptions,
  type LabelledBatch,
  type LabelledData,
} from './lib/analysis/measures/gradients';
export { hessianTrace, type HessianTraceOptions } from './lib/analysis/measures/hessian-trace';
export { paretoFront, search, type Budget, type Cost, type Solution } from './lib/analysis/search/search';
export { rulesOf, type Choices } from './lib/analysis/search/rules-of';
export { measureLatency, type LatencyOptions } from './lib/analysis/latency';
export { measureMemory } from './lib/analysis/resident-memory';
export { gzippedLength } from './lib/analysis/gzipped-length';
export { measureFootprint, type Footprint } from './lib/analysis/footprint';

// Training
export { train, type TrainOptions, type TrainResult } from './trainers/trainer';
export { type CheckpointOptions } from './trainers/train-options';
export { Interrupted } from './trainers/interrupted';
export {
  type Callback,
  type CallbackState,
  type Evaluation,
  type LogEntry,
  type LogValue,
  type Metrics,
  type Training,
} from './trainers/callback';
export { type Engine, type EngineFactory, type GradientsOptions } from './trainers/engine';
export { type Parameters, type Snapshot, type SnapshotOptions } from './trainers/parameters';
export { type Parameter } from './trainers/parameter';
export { compiledEngine, type CompiledEngineOptions } from './trainers/engines/compiled';
export { eagerEngine, type EagerEngineOptions } from './trainers/engines/eager';
export * from './trainers/exports';
export {
  constantRate,
  linearWarmup,
  type LearningRate,
  type LinearWarmupOptions,
} from './trainers/schedules';
export {
  distillation,
  softLabels,
  softTargets,
  type DistillationOptions,
  type HiddenPair,
  type SoftLoss,
  type SoftTargetsOptions,
} from './trainers/distillation';
export * from './trainers/fit/exports';
export {
  evaluate,
  predictAll,
  type Answering,
  type AnsweringEngine,
  type EvaluateOptions,
  type Predictions,
} from './trainers/evaluate';
export { inferenceOf, type Inference, type InferenceOptions } from './trainers/inference';
export {
  accuracy,
  f1,
  macroF1,
  majorityScore,
  mcc,
  metrics,
  pearson,
  spearman,
  type Metric,
} from './trainers/metrics';
export { labelAccuracy, microF1 } from './trainers/multi-label-metrics';
export { earlyBird, type EarlyBirdOptions } from './trainers/callbacks/early-bird';
export {
  earlyStopping,
  type EarlyStopping,
  type EarlyStoppingOptions,
} from './trainers/callbacks/early-stopping';
export { progress, type ProgressOptions } from './trainers/callbacks/progress';
export { type Progress } from './trainers/callbacks/display';
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
export { quantization, type QuantizationCallbackOptions } from './trainers/callbacks/quantization';
export { stopOnSignal, type StopOnSignalOptions } from './trainers/callbacks/stop-on-signal';
export { tensorboard, type TensorboardOptions } from './trainers/callbacks/tensorboard';
export { eventWriter, type EventWriter, type EventWriterOptions } from './lib/tensorboard/event-writer';
export { type HParam } from './lib/tensorboard/messages';

// Recipes
export * from './trainers/recipes/exports';
export {
  configured,
  madeFrom,
  type Config,
  type Configured,
  type Factories,
  type Json,
} from './lib/core/config';
export { type ModelState } from './trainers/model-state';

// Data
export * from './datasets/exports';
