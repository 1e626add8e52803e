/** Recipes: what the package shows of them. */
export { densePhase } from './dense';
export { finetune, type FinetuneOptions } from './finetune';
export {
  gradualPruning,
  type AfterDense,
  type GradualPruningOptions,
  type GradualSchedule,
} from './gradual-pruning';
export { scorePruning, type ScoreMethod, type ScorePruningOptions } from './score-pruning';
export {
  structuredPruning,
  type GradualStructure,
  type StructuredPruningOptions,
} from './structured-pruning';
export { type Asked, type Scoring, type StructuredMethod } from './structured-method';
export { sparseTraining, type SparseMethod, type SparseTrainingOptions } from './sparse-training';
export { lotteryTicket, type LotteryTicketOptions } from './lottery-ticket';
export { transferTicket, type TransferTicketOptions } from './transfer-ticket';
export { readTicket } from './read-ticket';
export { lateResetting, learningRateRewinding, resetWeights } from './rewinding';
export { type Rewinding } from './rewinding';
export { winningTickets, type JudgedLevel, type TicketOutcome, type WinningTickets } from './winning-tickets';
export {
  type Label,
  type LayerSparsity,
  type Listener,
  type LossPoint,
  type Outcome,
  type RecipeOptions,
  type Setup,
} from './setup';
export { type Attached, type Beside, type Finished, type Phase, type States, type Taught } from './phase';
export { type PhasesOptions } from './phase-context';
export { runPhases } from './phases';
export { compareOrders, type CompareOrdersOptions } from './compare-orders';
export {
  ORDERS,
  type Order,
  type OrderOptions,
  orderPhases,
  pruneAndQuantize,
  type PruneAndQuantizeOptions,
} from './orders';
export { layerwisePruning, type LayerwisePruningOptions } from './layerwise-pruning';
export { mixedPrecision, type MixedPrecisionOptions } from './mixed-precision';
export { ptq, type PtqMethod, type PtqOptions } from './ptq';
export { qat, type QatMethod, type QatOptions } from './qat';
