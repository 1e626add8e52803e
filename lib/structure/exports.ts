/** Physically smaller transformers: what the package shows of it. */
export { shrink } from './shrink';
export { type ByLayer, type Cut } from './cut';
export { cutTensors } from './cut-tensors';
export { deadUnits } from './dead-units';
export { maskUnits } from './mask-units';
export { fullSize } from './full-size';
export {
  shrinkToBudget,
  type KeptShare,
  type ShrinkingOptions,
  type ShrinkToBudgetOptions,
  type Shrunk,
  type UnitBudget,
} from './shrink-to-budget';
export { logitFisher } from './logit-fisher';
export { dominantNeurons, type Neuron } from './dominant-neurons';
export { onlyHeads, onlyNeurons, type Importance, type Scores, type UnlabelledBatches } from './importance';
export { chooseUnits, type Choice, type ChoiceOptions } from './choose-units';
export {
  attentionImportance,
  attentionStatisticNames,
  attentionStatistics,
  type AttentionStatistic,
  type AttentionStatistics,
} from './scores/attention-statistics';
export { weightNorms } from './scores/weight-norms';
export { lossGradients, lossTaylor } from './scores/loss-gradients';
export { activations } from './scores/activations';
export { headsLeftOut } from './scores/heads-left-out';
export { layerChanges } from './layers/layer-changes';
export { layersLeftOut } from './layers/layers-left-out';
export { chooseLayers, layerCosts, type LayerChoice } from './layers/choose-layers';
export { refitOutputs, type RefitOptions } from './refit';
export {
  encoderCost,
  multiplyAdds,
  scoredCost,
  unitCount,
  unitParameters,
  type UnitCosts,
  type UnitWidths,
} from './unit-costs';
export { latencyCosts, unitLatency, type UnitLatencyRow } from './unit-latency';
export { latencyBudget, type LatencyBudget, type LatencyBudgetOptions } from './latency-budget';
